/* model.c: a model's statement: its lines, its parameters, what it may name.  How it becomes a formula: model_apply.c. */
#include "lang/model_parts.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include <string.h>

/* ---- lines ---- */

static bool is_formula(const struct ast *e) {
  return e->kind == AST_BINARY && e->u.op.op == OP_TILDE;
}

static void keep_line(struct declaring *d, const struct ast **slot, const struct ast *line,
                      const char *word) {
  if (*slot) MODEL_ERROR(d, line->span, DIAG_MODEL_LINE_TWICE, word);
  *slot = line;
}

static void take_line(struct declaring *d, const struct ast *line) {
  struct model_lines *l = &d->lines;
  if (line->kind == AST_MEAN && is_formula(line->u.expr.value))
    keep_line(d, &l->mean, line, "~");
  else if (line->kind == AST_MEAN)
    MODEL_ERROR(d, line->span, DIAG_MODEL_LINE);
  else if (line->kind == AST_RESIDUAL)
    keep_line(d, &l->residual, line, "residual");
  else if (line->kind == AST_VARIANCE)
    keep_line(d, &l->variance, line, "variance");
  else if (line->kind == AST_WEIGHTS)
    keep_line(d, &l->weights, line, "weights");
  else if (line->kind == AST_FAMILY)
    keep_line(d, &l->family, line, "family");
}

/* What the engine cannot fit yet is refused where it is written. */
static void refuse_later(struct declaring *d) {
  const struct model_lines *l = &d->lines;
  const char *gaussian = "gaussian";
  const struct ast *family = l->family ? l->family->u.expr.value : NULL;
  if (family && (family->kind != AST_NAME || strcmp(family->u.name.whole, gaussian) != 0))
    MODEL_ERROR(d, family->span, DIAG_NOT_YET_FAMILY, print_expr(d->decl->arena, family));
}

static bool called(const struct ast *e, const char *a, const char *b) {
  return ast_calls(e, a) || ast_calls(e, b);
}

static void check_weights(struct declaring *d) {
  const struct ast *w = d->lines.weights ? d->lines.weights->u.expr.value : NULL;
  if (!w) return;
  bool fine =
      called(w, "precision", "frequency") && w->u.call.args.n == 1 && !w->u.call.args.first->u.arg.key;
  if (!fine) MODEL_ERROR(d, w->span, DIAG_MODEL_WEIGHTS, print_expr(d->decl->arena, w));
}

static void read_lines(struct declaring *d) {
  for (const struct ast *line = d->decl->node->u.model.lines.first; line; line = line->next)
    take_line(d, line);
  if (!d->lines.mean && !d->failed)
    MODEL_ERROR(d, d->decl->node->u.model.name->span, DIAG_MODEL_NO_FORMULA, d->decl->name);
  check_weights(d);
  refuse_later(d);
}

void model_lines_read(struct model_lines *lines, const struct model_decl *decl) {
  struct declaring d = {.decl = decl};
  for (const struct ast *line = decl->node->u.model.lines.first; line; line = line->next) take_line(&d, line);
  *lines = d.lines;
}

/* ---- parameters ---- */

static const char *const parameter_types[] = {"column", "terms", "unit", "number"};

static void check_parameter(struct declaring *d, const struct ast *p) {
  const char *type = p->u.arg.ptype, *name = p->u.arg.key->u.name.whole;
  size_t n = sizeof parameter_types / sizeof *parameter_types, known = 0;
  while (type && known < n && strcmp(parameter_types[known], type) != 0) known++;
  if (known == n)
    MODEL_ERROR(d, p->span, DIAG_MODEL_PARAMETER_TYPE, type, text_nearest(type, parameter_types, n));
  for (const struct ast *q = d->decl->node->u.model.params.first; q != p; q = q->next)
    if (strcmp(q->u.arg.key->u.name.whole, name) == 0)
      MODEL_ERROR(d, p->u.arg.key->span, DIAG_MODEL_PARAMETER_TWICE, name);
}

const struct ast *model_parameter(const struct model_decl *decl, const char *name) {
  for (const struct ast *p = decl->node->u.model.params.first; p; p = p->next)
    if (strcmp(p->u.arg.key->u.name.whole, name) == 0) return p;
  return NULL;
}

/* ---- slots and units ---- */

/* What a design of which the slot is a part would be. */
static const char *kind_with(const char *slot) {
  if (!strcmp(slot, "role")) return "a design told apart by role is `dyadic(role)`";
  if (!strcmp(slot, "time") || !strcmp(slot, "occasion"))
    return "a design with time is `longitudinal` or `dyadic(role, time)`";
  if (!strcmp(slot, "dyad") || !strcmp(slot, "member")) return "a design with dyads is `dyadic`";
  if (!strcmp(slot, "actor") || !strcmp(slot, "partner") || !strcmp(slot, "pair"))
    return "a design with ratings is `roundrobin`";
  return NULL;
}

static void check_slot(struct declaring *d, const struct ast *slot) {
  const struct model_decl *m = d->decl;
  const char *name = slot->u.name.whole;
  size_t n;
  const char *const *known = design_slots(&n);
  const char *near = text_nearest(name, known, n);
  bool exists = false;
  for (size_t i = 0; i < n; i++) exists = exists || strcmp(known[i], name) == 0;
  if (!m->node->u.model.of)
    MODEL_ERROR(d, slot->span, DIAG_SLOT_WITHOUT_DESIGN, name, m->name);
  else if (m->design && !design_slot(m->arena, m->design, slot))
    MODEL_ERROR(d, slot->span, DIAG_SLOT_UNKNOWN, name, m->design->name, exists ? NULL : near);
  else if (!m->design && !design_kind_has_slot(&m->kind, name))
    MODEL_ERROR(d, slot->span, DIAG_SLOT_NOT_OF_KIND, design_kind_text(m->arena, &m->kind), name,
                exists ? kind_with(name)
                : near ? arena_printf(m->arena, "did you mean `.%s`?", near)
                       : NULL);
}

/* A grouping factor of a model of a design is a unit of it, or another column that the design names. */
static void check_group(struct declaring *d, const struct ast *e) {
  const struct model_decl *m = d->decl;
  if (e->kind == AST_NAME) {
    const char *name = e->u.name.whole;
    if (!design_names(m->design, name) && !model_parameter(m, name))
      MODEL_ERROR(d, e->span, DIAG_MODEL_UNIT, m->design->name, name, design_near_unit(m->design, name));
  } else if (e->kind == AST_BINARY) {
    check_group(d, e->u.op.a);
    check_group(d, e->u.op.b);
  }
}

static bool averages(const struct ast *e) {
  return called(e, "within", "between") || ast_calls(e, "center");
}

/* within(x, unit), center(x, over = unit): the second argument. */
static const struct ast *unit_argument(const struct ast *call) {
  const struct ast *second = call->u.call.args.first ? call->u.call.args.first->next : NULL;
  return second ? second->u.arg.value : NULL;
}

static void check_names(struct ast *e, void *arg) {
  struct declaring *d = arg;
  if (e->kind == AST_SLOT) check_slot(d, e);
  if (d->decl->design && ast_is_bar(e)) check_group(d, e->u.op.b);
  if (d->decl->design && averages(e) && unit_argument(e)) check_group(d, unit_argument(e));
  ast_children(e, check_names, d);
}

/* ---- the whole ---- */

static void read_of(struct declaring *d, struct model_decl *m) {
  const struct ast *of = m->node->u.model.of;
  if (of && !m->design) design_kind_read(d->diags, d->source, of, &m->kind);
}

struct model_decl *model_declare(struct mem *m, struct diags *diags, const struct source *source,
                                 const struct ast *node, const struct design *design, struct arena *keep) {
  struct arena *a = arena_new(m);
  struct model_decl *decl = arena_make(a, struct model_decl);
  struct declaring d = {.decl = decl, .diags = diags, .source = source};
  if (keep) arena_hold(a, keep);
  if (design) arena_hold(a, design->arena);
  *decl = (struct model_decl){
      .arena = a, .source = source, .node = node, .name = node->u.model.name->u.name.whole, .design = design};
  int before = diags->n_errors;
  read_of(&d, decl);
  for (const struct ast *p = node->u.model.params.first; p; p = p->next) check_parameter(&d, p);
  read_lines(&d);
  for (struct ast *line = node->u.model.lines.first; line; line = line->next) check_names(line, &d);
  return diags->n_errors == before ? decl : NULL;
}

bool model_fits_design(struct diags *diags, const struct source *source, struct span span,
                       const struct model_spec *spec, const struct design *data, const char *data_name) {
  const struct model_decl *m = spec->decl;
  if (!m || !m->node->u.model.of) return true;
  const char *wanted = print_expr(m->arena, m->node->u.model.of);
  bool fits = data && (m->design ? !strcmp(m->design->name, data->name) : design_is(data, &m->kind));
  if (fits) return true;
  const char *of =
      arena_printf(m->arena, m->design ? "the design `%s`" : "a design of the kind `%s`", wanted);
  if (!data)
    diag_add(diags, source, span, DIAG_MODEL_NO_DESIGN, of, data_name, m->design ? wanted : "DESIGN",
             DIAG_END);
  else if (m->design)
    diag_add(diags, source, span, DIAG_MODEL_OTHER_DESIGN, wanted, data->name, DIAG_END);
  else
    diag_add(diags, source, span, DIAG_MODEL_OTHER_KIND, wanted, data->name, design_text(m->arena, data),
             DIAG_END);
  return false;
}

void model_note(struct diags *diags, const struct diag *before, const struct model_spec *spec) {
  const struct model_decl *m = spec->decl;
  if (!m || !m->node->u.model.params.first) return;
  for (struct diag *d = before ? before->next : diags->first; d; d = d->next)
    if (d->source == spec->source && !d->notes)
      diag_note(diags, d, m->source, m->node->u.model.name->span,
                arena_printf(diags->arena, "in the model `%s`, which is declared here", m->name));
}

/* ---- how a model is called ---- */

static void put_parameter(struct buf *b, const struct ast *p) {
  buf_put(b, p->u.arg.key->u.name.whole);
  if (p->u.arg.ptype) buf_printf(b, ": %s", p->u.arg.ptype);
  if (p->u.arg.value) buf_printf(b, " = %s", print_expr(b->arena, p->u.arg.value));
}

const char *model_signature(struct arena *a, const struct model_decl *decl) {
  struct buf b;
  buf_init(&b, a);
  buf_put(&b, decl->name);
  const struct ast *first = decl->node->u.model.params.first;
  for (const struct ast *p = first; p; p = p->next) {
    buf_put(&b, p == first ? "(" : ", ");
    put_parameter(&b, p);
  }
  if (first) buf_put(&b, ")");
  if (decl->node->u.model.of) buf_printf(&b, " of %s", print_expr(a, decl->node->u.model.of));
  return b.text;
}
