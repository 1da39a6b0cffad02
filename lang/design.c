#include "lang/design.h"
#include "lang/base/text.h"
#include "lang/rewrite.h"
#include <string.h>

struct building {
  struct design *d;
  struct design_unit *unit; /* room for all units of the block */
  struct diags *diags;
  const struct source *source;
  bool failed;
};

#define FAULT(b, at, ...) ((b)->failed = true, diag_add((b)->diags, (b)->source, (at), __VA_ARGS__, DIAG_END))

static const char *text_of(const struct ast *name) {
  return name->u.name.whole;
}

/* ---- units ---- */

int design_find_unit(const struct design *d, const char *name) {
  for (int i = 0; i < d->n_units; i++)
    if (strcmp(d->unit[i].name, name) == 0) return i;
  return -1;
}

/* The unit of that name, made when it is new; -1: one too many. */
static int unit_of(struct building *b, const struct ast *name) {
  int i = design_find_unit(b->d, text_of(name));
  if (i >= 0) return i;
  if (b->d->n_units == DESIGN_UNITS_MAX) {
    FAULT(b, name->span, DIAG_DESIGN_TOO_MANY, arena_printf(b->d->arena, "%d", DESIGN_UNITS_MAX));
    return -1;
  }
  b->unit[b->d->n_units] = (struct design_unit){
      .name = arena_strdup(b->d->arena, text_of(name)), .parent = -1, .span = name->span};
  return b->d->n_units++;
}

static bool lies_in(const struct design *d, int unit, int above) {
  for (int i = unit; i >= 0; i = d->unit[i].parent)
    if (i == above) return true;
  return false;
}

static void nest(struct building *b, int unit, int parent, const struct ast *at) {
  if (unit < 0 || parent < 0 || b->unit[unit].parent == parent) return;
  const char *name = b->unit[unit].name, *above = b->unit[parent].name;
  if (lies_in(b->d, parent, unit))
    FAULT(b, at->span, DIAG_DESIGN_CYCLE, name, above);
  else if (b->unit[unit].parent >= 0)
    FAULT(b, at->span, DIAG_DESIGN_TWO_PARENTS, name, b->unit[b->unit[unit].parent].name, above);
  else
    b->unit[unit].parent = parent;
}

static void add_nesting(struct building *b, const struct ast *line) {
  int below = -1, i = 0;
  for (const struct ast *u = line->u.nesting.units.first; u; u = u->next, i++) {
    int unit = unit_of(b, u);
    if (unit >= 0 && line->u.nesting.unique[i]) b->unit[unit].unique = true;
    nest(b, below, unit, u);
    below = unit;
  }
}

/* ---- time, occasions, dyads ---- */

/* The unit after `in`; -1: none is named. */
static int unit_named(struct building *b, const struct ast *name) {
  return name ? unit_of(b, name) : -1;
}

static bool once(struct building *b, const struct ast *line, bool there, const char *word) {
  if (there) FAULT(b, line->span, DIAG_DESIGN_TWICE, word);
  return !there;
}

static void add_time(struct building *b, const struct ast *line) {
  struct design *d = b->d;
  if (!once(b, line, d->time, "time")) return;
  d->time = arena_strdup(d->arena, text_of(line->u.unit.var));
  d->time_in = unit_named(b, line->u.unit.in);
  d->step = line->u.unit.step ? line->u.unit.step->u.number.value : 0;
  if (line->u.unit.step && d->step <= 0) FAULT(b, line->u.unit.step->span, DIAG_DESIGN_STEP);
}

static void add_occasion(struct building *b, const struct ast *line) {
  struct design *d = b->d;
  if (!once(b, line, d->occasion, "occasion")) return;
  d->occasion = arena_strdup(d->arena, text_of(line->u.unit.var));
  d->occasion_in = unit_named(b, line->u.unit.in);
}

static void add_dyad(struct building *b, const struct ast *line) {
  struct design *d = b->d;
  if (!once(b, line, d->dyads != DYADS_NONE, "dyad")) return;
  d->dyads = line->u.unit.by ? DYADS_BY_ROLE : DYADS_EXCHANGEABLE;
  if (!line->u.unit.by && !line->u.unit.of)
    FAULT(b, line->span, DIAG_DESIGN_DYAD_MEMBERS, text_of(line->u.unit.var));
  d->dyad = unit_of(b, line->u.unit.var);
  d->focal = unit_named(b, line->u.unit.in);
  d->person = unit_named(b, line->u.unit.of);
  if (line->u.unit.by) d->role = arena_strdup(d->arena, text_of(line->u.unit.by));
  nest(b, d->dyad, d->focal, line);
  nest(b, d->person, d->dyad, line);
}

static void add_round_robin(struct building *b, const struct ast *line) {
  struct design *d = b->d;
  if (!once(b, line, d->dyads != DYADS_NONE, "dyad")) return;
  d->dyads = DYADS_ROUND_ROBIN;
  d->actor = arena_strdup(d->arena, text_of(line->u.unit.var));
  d->partner = arena_strdup(d->arena, text_of(line->u.unit.partner));
  d->group = unit_named(b, line->u.unit.in);
  if (strcmp(d->actor, d->partner) == 0)
    FAULT(b, line->u.unit.partner->span, DIAG_DESIGN_COLUMN_TWICE, d->actor);
}

static void add_line(struct building *b, const struct ast *line) {
  if (line->kind == AST_NESTING) add_nesting(b, line);
  if (line->kind == AST_TIME) add_time(b, line);
  if (line->kind == AST_OCCASION) add_occasion(b, line);
  if (line->kind == AST_DYAD) add_dyad(b, line);
  if (line->kind == AST_ROUNDROBIN) add_round_robin(b, line);
}

/* ---- places ---- */

static void note_name(struct ast *e, void *building) {
  struct building *b = building;
  struct design *d = b->d;
  for (const struct design_place *p = d->places; p && e->kind == AST_NAME; p = p->next)
    if (strcmp(p->name, text_of(e)) == 0) return;
  if (e->kind == AST_NAME) {
    struct design_place *p = arena_make(d->arena, struct design_place);
    *p = (struct design_place){d->places, arena_strdup(d->arena, text_of(e)), e->span};
    d->places = p;
  }
  ast_children(e, note_name, b);
}

struct span design_place_of(const struct design *d, const char *column) {
  for (const struct design_place *p = d->places; p; p = p->next)
    if (strcmp(p->name, column) == 0) return p->span;
  return d->span;
}

/* ---- the whole ---- */

/* A column plays one part: what is a unit is no time, no role. */
static void check_parts(struct building *b) {
  const struct design *d = b->d;
  const char *part[] = {d->time, d->occasion, d->role, d->actor, d->partner};
  size_t n = sizeof part / sizeof *part;
  for (size_t i = 0; i < n; i++) {
    if (!part[i]) continue;
    int unit = design_find_unit(d, part[i]);
    if (unit >= 0) FAULT(b, d->unit[unit].span, DIAG_DESIGN_COLUMN_TWICE, part[i]);
    for (size_t j = 0; j < i && i < 3; j++)
      if (part[j] && strcmp(part[i], part[j]) == 0) FAULT(b, d->span, DIAG_DESIGN_COLUMN_TWICE, part[i]);
  }
}

struct design *design_build(struct mem *m, struct diags *diags, const struct source *source,
                            const struct ast *node, struct arena *keep) {
  struct arena *a = arena_new(m);
  if (keep) arena_hold(a, keep);
  struct design *d = arena_make(a, struct design);
  struct building b = {
      .d = d, .unit = arena_array(a, DESIGN_UNITS_MAX, struct design_unit), .diags = diags, .source = source};
  *d = (struct design){.arena = a,
                       .source = source,
                       .name = text_of(node->u.design.name),
                       .span = node->u.design.name->span,
                       .unit = b.unit,
                       .time_in = -1,
                       .occasion_in = -1,
                       .dyad = -1,
                       .person = -1,
                       .focal = -1,
                       .group = -1};
  for (struct ast *line = node->u.design.lines.first; line; line = line->next) {
    add_line(&b, line);
    ast_children(line, note_name, &b);
  }
  check_parts(&b);
  if (!b.failed && d->n_units == 0 && !d->time && !d->occasion && d->dyads == DYADS_NONE)
    FAULT(&b, d->span, DIAG_DESIGN_EMPTY, d->name);
  return b.failed ? NULL : d;
}

/* ---- questions ---- */

const char *design_near_unit(const struct design *d, const char *name) {
  const char *names[DESIGN_UNITS_MAX];
  for (int i = 0; i < d->n_units; i++) names[i] = d->unit[i].name;
  return text_nearest(name, names, (size_t)d->n_units);
}

int design_path(const struct design *d, int unit, const char **path) {
  int n = 0;
  for (int i = unit; i >= 0; i = d->unit[i].unique ? -1 : d->unit[i].parent) path[n++] = d->unit[i].name;
  return n;
}

int design_person_path(const struct design *d, const char **path) {
  if (d->dyads != DYADS_BY_ROLE && d->dyads != DYADS_EXCHANGEABLE) return 0;
  if (d->person >= 0) return design_path(d, d->person, path);
  path[0] = d->role;
  return 1 + design_path(d, d->dyad, path + 1);
}

static bool same(const char *a, const char *b) {
  return a && strcmp(a, b) == 0;
}

bool design_names(const struct design *d, const char *column) {
  return design_find_unit(d, column) >= 0 || same(d->time, column) || same(d->occasion, column) ||
         same(d->role, column) || same(d->actor, column) || same(d->partner, column);
}

static void put_chain(struct buf *b, const struct design *d, int unit) {
  for (int i = unit; i >= 0; i = d->unit[i].parent)
    buf_printf(b, "%s%s%s", i == unit ? "" : " in ", d->unit[i].name, d->unit[i].unique ? " (unique)" : "");
}

static bool is_parent(const struct design *d, int unit) {
  for (int i = 0; i < d->n_units; i++)
    if (d->unit[i].parent == unit) return true;
  return false;
}

static void put_dyads(struct buf *b, const struct design *d) {
  if (d->dyads == DYADS_ROUND_ROBIN)
    buf_printf(b, "; roundrobin (%s, %s)", d->actor, d->partner);
  else
    buf_printf(b, "; dyad %s", d->unit[d->dyad].name);
  if (d->person >= 0) buf_printf(b, " of %s", d->unit[d->person].name);
  int in = d->dyads == DYADS_ROUND_ROBIN ? d->group : d->focal;
  if (in >= 0) buf_printf(b, " in %s", d->unit[in].name);
  if (d->role) buf_printf(b, " by %s", d->role);
}

const char *design_text(struct arena *a, const struct design *d) {
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < d->n_units; i++) {
    if (is_parent(d, i) || i == d->dyad || i == d->person || i == d->group) continue;
    buf_put(&b, "; ");
    put_chain(&b, d, i);
  }
  if (d->dyads != DYADS_NONE) put_dyads(&b, d);
  if (d->time) buf_printf(&b, "; time %s", d->time);
  if (d->time_in >= 0) buf_printf(&b, " in %s", d->unit[d->time_in].name);
  if (d->step > 0) buf_printf(&b, " step %.15g", d->step);
  if (d->occasion) buf_printf(&b, "; occasion %s", d->occasion);
  return b.n > 2 ? b.text + 2 : "";
}

/* ---- slots ---- */

static const char *const slots[] = {"unit",   "nesting", "time",  "occasion", "dyad",
                                    "member", "role",    "actor", "partner",  "pair"};

const char *const *design_slots(size_t *n) {
  *n = sizeof slots / sizeof *slots;
  return slots;
}

/* a:b:c */
static struct ast *interaction(struct arena *a, struct span at, const char *const *path, int n) {
  struct ast *e = n > 0 ? make_name(a, at, path[0]) : NULL;
  for (int i = 1; i < n; i++) e = make_binary(a, at, OP_COLON, e, make_name(a, at, path[i]));
  return e;
}

int design_finest_unit(const struct design *d) {
  int found = -1;
  for (int i = 0; i < d->n_units; i++) {
    bool has_child = false;
    for (int j = 0; j < d->n_units; j++) has_child |= d->unit[j].parent == i;
    if (has_child) continue;
    if (found >= 0) return -1;
    found = i;
  }
  return found;
}

int design_unit_path(const struct design *d, const char **path) {
  if (d->time_in >= 0) return design_path(d, d->time_in, path);
  int person = design_person_path(d, path), finest = design_finest_unit(d);
  return person > 0 ? person : finest >= 0 ? design_path(d, finest, path) : 0;
}

/* district/school/class: every unit within those above it. */
static struct ast *nesting(struct arena *a, const struct design *d, struct span at) {
  int unit = design_finest_unit(d);
  struct ast *e = NULL;
  for (int i = unit; i >= 0; i = d->unit[i].parent) {
    struct ast *name = make_name(a, at, d->unit[i].name);
    e = e ? make_binary(a, at, OP_DIV, name, e) : name;
  }
  return e;
}

/* Of a round robin mm(rater, target) or pair(rater, target), within the group: mm(rater, target):team. */
static struct ast *persons(struct arena *a, const struct design *d, struct span at, const char *function) {
  const char *path[DESIGN_PATH_MAX];
  struct ast *call = make_call(a, at, function, make_name(a, at, d->actor)),
             *second = arena_make(a, struct ast);
  *second = *call->u.call.args.first;
  second->u.arg.value = make_name(a, at, d->partner);
  second->next = NULL;
  ast_append(&call->u.call.args, second);
  int n = d->group >= 0 ? design_path(d, d->group, path) : 0;
  struct ast *group = interaction(a, at, path, n);
  return group ? make_binary(a, at, OP_COLON, call, group) : call;
}

struct ast *design_slot(struct arena *a, const struct design *d, const struct ast *slot) {
  const char *name = slot->u.name.whole, *path[DESIGN_PATH_MAX];
  int n = 0;
  if (!strcmp(name, "nesting")) return nesting(a, d, slot->span);
  if (!strcmp(name, "unit")) n = design_unit_path(d, path);
  if (!strcmp(name, "member")) n = design_person_path(d, path);
  if (!strcmp(name, "dyad") && d->dyad >= 0) n = design_path(d, d->dyad, path);
  const char *column = !strcmp(name, "time")       ? d->time ? d->time : d->occasion
                       : !strcmp(name, "occasion") ? d->occasion
                       : !strcmp(name, "role")     ? d->role
                       : !strcmp(name, "actor")    ? d->actor
                       : !strcmp(name, "partner")  ? d->partner
                                                   : NULL;
  bool local = d->dyads == DYADS_ROUND_ROBIN && (!strcmp(name, "actor") || !strcmp(name, "partner"));
  if (local && d->group >= 0) { /* labels of persons are local to their group */
    path[0] = column;
    return interaction(a, slot->span, path, 1 + design_path(d, d->group, path + 1));
  }
  if (column) return make_name(a, slot->span, column);
  if (d->dyads == DYADS_ROUND_ROBIN && (!strcmp(name, "member") || !strcmp(name, "pair")))
    return persons(a, d, slot->span, !strcmp(name, "member") ? "mm" : "pair");
  return interaction(a, slot->span, path, n);
}

/* ---- kinds ---- */

static bool read_base(const char *name, struct design_kind *kind) {
  *kind = (struct design_kind){.base = KIND_ANY};
  if (!strcmp(name, "dyadic")) kind->base = KIND_DYADIC;
  if (!strcmp(name, "roundrobin")) kind->base = KIND_ROUND_ROBIN;
  if (!strcmp(name, "longitudinal")) kind->base = KIND_LONGITUDINAL;
  if (!strcmp(name, "multilevel")) kind->base = KIND_MULTILEVEL;
  return kind->base != KIND_ANY;
}

static bool read_word(const char *word, struct design_kind *kind) {
  if (!strcmp(word, "role"))
    kind->role = true;
  else if (!strcmp(word, "exchangeable"))
    kind->exchangeable = true;
  else if (!strcmp(word, "time"))
    kind->time = true;
  else
    return false;
  return true;
}

bool design_kind_read(struct diags *diags, const struct source *source, const struct ast *of,
                      struct design_kind *kind) {
  const struct ast *name = of->kind == AST_CALL ? of->u.call.callee : of;
  if (name->kind != AST_NAME || !read_base(name->u.name.whole, kind)) return false;
  if (of->kind != AST_CALL) return true;
  static const char *const words[] = {"role", "exchangeable", "time"};
  for (const struct ast *arg = of->u.call.args.first; arg; arg = arg->next) {
    const struct ast *w = arg->u.arg.value;
    const char *word = w->kind == AST_NAME && !arg->u.arg.key ? w->u.name.whole : "this";
    if (kind->base != KIND_DYADIC || !read_word(word, kind))
      diag_add(diags, source, arg->span, DIAG_DESIGN_KIND_WORD, name->u.name.whole, word,
               kind->base == KIND_DYADIC ? text_nearest(word, words, 3) : NULL, DIAG_END);
  }
  return true;
}

const char *design_kind_text(struct arena *a, const struct design_kind *kind) {
  static const char *const base[] = {"any", "dyadic", "roundrobin", "longitudinal", "multilevel"};
  const char *word[] = {kind->role ? "role" : NULL, kind->exchangeable ? "exchangeable" : NULL,
                        kind->time ? "time" : NULL};
  struct buf b;
  buf_init(&b, a);
  buf_put(&b, base[kind->base]);
  bool open = false;
  for (int i = 0; i < 3; i++) {
    if (word[i]) buf_printf(&b, "%s%s", open ? ", " : "(", word[i]);
    open = open || word[i];
  }
  if (open) buf_put(&b, ")");
  return b.text;
}

bool design_is(const struct design *d, const struct design_kind *kind) {
  if (kind->time && !d->time && !d->occasion) return false;
  if (kind->role && d->dyads != DYADS_BY_ROLE) return false;
  if (kind->exchangeable && d->dyads != DYADS_EXCHANGEABLE) return false;
  switch (kind->base) {
  case KIND_ANY: return true;
  case KIND_DYADIC: return d->dyads == DYADS_BY_ROLE || d->dyads == DYADS_EXCHANGEABLE;
  case KIND_ROUND_ROBIN: return d->dyads == DYADS_ROUND_ROBIN;
  case KIND_LONGITUDINAL: return d->time || d->occasion;
  case KIND_MULTILEVEL: return d->n_units > 0;
  }
  return false;
}

bool design_kind_has_slot(const struct design_kind *kind, const char *slot) {
  bool time = kind->time || kind->base == KIND_LONGITUDINAL;
  if (!strcmp(slot, "time") || !strcmp(slot, "occasion")) return time;
  if (!strcmp(slot, "nesting")) return kind->base == KIND_MULTILEVEL;
  if (!strcmp(slot, "unit")) return kind->base != KIND_ROUND_ROBIN;
  if (!strcmp(slot, "dyad")) return kind->base == KIND_DYADIC;
  if (!strcmp(slot, "member")) return kind->base == KIND_DYADIC || kind->base == KIND_ROUND_ROBIN;
  if (!strcmp(slot, "role")) return kind->role;
  return kind->base == KIND_ROUND_ROBIN;
}
