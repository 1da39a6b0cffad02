#include "lang/base/text.h"
#include "lang/check_parts.h"
#include "lang/describe.h"
#include <string.h>

static size_t hash(const char *name) {
  uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
  for (const char *c = name; *c; c++) h = (h ^ (unsigned char)*c) * 0x100000001b3u;
  return (size_t)(h ^ h >> 32);
}

static void insert(struct names *t, struct binding *b) {
  struct binding **bucket = &t->bucket[hash(b->name) & (t->n_buckets - 1)];
  b->next = *bucket;
  *bucket = b;
}

/* Twice the buckets; of two variables of one name the newer one stays in front. */
static void grow(struct arena *a, struct names *t) {
  struct names old = *t;
  t->n_buckets = old.n_buckets ? 2 * old.n_buckets : 64;
  t->bucket = arena_array(a, t->n_buckets, struct binding *);
  for (size_t i = 0; i < old.n_buckets; i++) {
    struct binding *oldest_first = NULL;
    for (struct binding *b = old.bucket[i], *next; b; b = next) {
      next = b->next;
      b->next = oldest_first;
      oldest_first = b;
    }
    for (struct binding *b = oldest_first, *next; b; b = next) {
      next = b->next;
      insert(t, b);
    }
  }
}

static struct binding *push_to(struct checker *ck, struct names *t, struct binding b) {
  struct binding *new = arena_make(ck->arena, struct binding);
  *new = b;
  if (t->n++ >= t->n_buckets) grow(ck->arena, t);
  insert(t, new);
  return new;
}

static struct binding *push(struct checker *ck, struct binding b) {
  return push_to(ck, &ck->names, b);
}

static void take_out(struct names *t, const struct binding *b) {
  struct binding **at = &t->bucket[hash(b->name) & (t->n_buckets - 1)];
  while (*at != b) at = &(*at)->next;
  *at = b->next;
  t->n--;
}

static struct binding *lookup(const struct names *t, const char *name) {
  if (t->n_buckets == 0) return NULL;
  struct binding *b = t->bucket[hash(name) & (t->n_buckets - 1)];
  while (b && strcmp(b->name, name) != 0) b = b->next;
  return b;
}

static struct table_ref *earlier_table(struct checker *ck, const char *name) {
  struct table_ref *t = arena_make(ck->arena, struct table_ref);
  t->name = name;
  return t;
}

static struct binding *earlier_variable(struct checker *ck, const char *name) {
  enum type type;
  if (!ck->env->variable || !ck->env->variable(ck->env->runtime, name, &type)) return NULL;
  struct binding b = {.name = name, .type = type};
  if (type == TYPE_TABLE) b.table = earlier_table(ck, name);
  return push(ck, b);
}

struct binding *names_made(struct checker *ck, const char *name) {
  struct binding *b = lookup(&ck->names, name);
  return b && b->node ? b : NULL;
}

/* ---- scopes ---- */

void names_enter(struct checker *ck, struct scope *scope) {
  *scope = (struct scope){.outer = ck->scope};
  ck->scope = scope;
}

void names_leave(struct checker *ck) {
  for (struct binding *b = ck->scope->made; b; b = b->in_scope) {
    take_out(&ck->names, b);
    if (!lookup(&ck->gone, b->name)) push_to(ck, &ck->gone, *b);
  }
  ck->scope = ck->scope->outer;
}

struct binding *names_make(struct checker *ck, const struct ast *node, enum type type) {
  struct binding *b = push(ck, (struct binding){.name = node->u.name.whole, .node = node, .type = type});
  if (!ck->scope) return b;
  b->local = true;
  b->in_scope = ck->scope->made;
  ck->scope->made = b;
  return b;
}

void names_import(struct checker *ck, const struct binding *b, const struct ast *use,
                  const struct script *module) {
  struct binding copy = {.name = b->name,
                         .node = use,
                         .module = module,
                         .type = b->type,
                         .model = b->model,
                         .function = b->function};
  push(ck, copy);
}

/* ---- names of the script, as a function sees them: as they are when it runs ---- */

static void count_maker(struct checker *ck, const struct ast *name) {
  if (!name || name->kind != AST_NAME) return;
  struct binding *b = lookup(&ck->makers, name->u.name.whole);
  if (!b) b = push_to(ck, &ck->makers, (struct binding){.name = name->u.name.whole, .node = name});
  b->times++;
}

/* Inside of conditions and loops of the script; what functions assign is their own. */
static void count_assignments(struct ast *s, void *arg) {
  struct checker *ck = arg;
  if (s->kind == AST_ASSIGN) count_maker(ck, s->u.let.name);
  if (s->kind == AST_IF || s->kind == AST_FOR || s->kind == AST_BLOCK) ast_children(s, count_assignments, ck);
}

static void count_makers(struct checker *ck) {
  for (struct ast *s = ck->script->statements.first; s; s = s->next) {
    count_maker(ck, ast_name_made(s));
    count_assignments(s, ck);
  }
}

/* What is made once and not changed is known; else only that it is there. */
static struct binding *seen_from_function(struct checker *ck, const char *name, struct binding *found) {
  if (ck->makers.n == 0) count_makers(ck);
  const struct binding *maker = lookup(&ck->makers, name);
  bool fixed = maker ? maker->times == 1 : found && found->module;
  if (found && fixed) return found;
  if (!maker && !found) found = earlier_variable(ck, name);
  if (!maker && !found) return NULL;
  struct binding *b = arena_make(ck->arena, struct binding);
  *b = (struct binding){.name = name, .node = maker ? maker->node : found->node, .type = TYPE_UNKNOWN};
  return b;
}

struct binding *names_find(struct checker *ck, const char *name) {
  struct binding *found = lookup(&ck->names, name);
  if (ck->fn && !(found && found->local)) return seen_from_function(ck, name, found);
  return found ? found : earlier_variable(ck, name);
}

const struct ast *names_later(struct checker *ck, const char *name) {
  for (const struct ast *s = ck->script->statements.first; s; s = s->next) {
    const struct ast *made = ast_name_made(s);
    if (made && made->kind == AST_NAME && strcmp(made->u.name.whole, name) == 0) return made;
  }
  return NULL;
}

/* ---- near names ---- */

/* Once no more errors are kept, what costs a look at the whole script is left out. */
static bool silent(const struct checker *ck) {
  return ck->diags->n_errors >= DIAG_MAX;
}

/* The nearer of the nearest so far and those given. */
static const char *nearer(const char *name, const char *best, const char *const *candidates, size_t n) {
  const char *found = text_nearest(name, candidates, n);
  if (!found || !best) return found ? found : best;
  const char *pair[] = {best, found};
  return text_nearest(name, pair, 2);
}

static const char *near_binding(struct checker *ck, const char *name, bool functions_only) {
  const char *best = NULL;
  for (size_t i = 0; i < ck->names.n_buckets; i++)
    for (struct binding *b = ck->names.bucket[i]; b; b = b->next)
      if (!functions_only || b->type == TYPE_FUNCTION || b->type == TYPE_MODEL)
        best = nearer(name, best, &b->name, 1);
  return best;
}

const char *names_near_variable(struct checker *ck, const char *name) {
  if (silent(ck)) return NULL;
  const char *best = near_binding(ck, name, false);
  if (!ck->env->variables) return best;
  const char *const *names = NULL;
  size_t n = ck->env->variables(ck->env->runtime, &names);
  return nearer(name, best, names, n);
}

const char *names_near_function(struct checker *ck, const char *name) {
  if (silent(ck)) return NULL;
  const char *best = near_binding(ck, name, true);
  for (int i = 0; i < ck->env->functions->n; i++)
    best = nearer(name, best, &ck->env->functions->items[i].name, 1);
  return best;
}

/* ---- reports ---- */

/* A column of a table that the script has read: mean(age) for mean(couples.age). */
static void suggest_column(struct checker *ck, struct diag *d, const char *name) {
  if (!d) return;
  for (size_t i = 0; i < ck->names.n_buckets; i++)
    for (struct binding *b = ck->names.bucket[i]; b; b = b->next) {
      if (!b->node || !b->table || !b->table->schema || schema_find(b->table->schema, name) < 0) continue;
      const char *text = arena_printf(ck->arena, "a column of `%s` is written %s.%s", b->name, b->name, name);
      diag_note(ck->diags, d, ck->source, b->node->span, text);
      return;
    }
}

/* The name was local to a block, or is to another function. */
static void tell_gone(struct checker *ck, struct diag *d, const char *name) {
  const struct binding *b = lookup(&ck->gone, name);
  if (d && b)
    diag_note(ck->diags, d, ck->source, b->node->span, "one of this name is known only in the block here");
}

void names_unknown(struct checker *ck, const struct ast *node, const char *name) {
  struct binding told = {.name = name, .node = node, .type = TYPE_UNKNOWN};
  if (ck->library) {
    push(ck, told);
    return;
  }
  const struct ast *later = silent(ck) ? NULL : names_later(ck, name);
  if (later) {
    struct diag *d = CHECK_ERROR(ck, node->span, DIAG_USED_BEFORE, name);
    diag_note(ck->diags, d, ck->source, later->span, "made here");
  } else {
    const char *near = names_near_variable(ck, name);
    struct diag *d =
        CHECK_ERROR(ck, node->span, DIAG_UNKNOWN_NAME, name, near ? near : names_near_function(ck, name));
    suggest_column(ck, d, name);
    tell_gone(ck, d, name);
  }
  push(ck, told);
}

static const char *with_underscores(struct arena *a, const char *name) {
  char *s = arena_strdup(a, name);
  for (char *c = s; *c; c++)
    if (*c == '.') *c = '_';
  return s;
}

void names_check_new(struct checker *ck, const struct ast *node) {
  if (node->kind == AST_NAME && node->u.name.n_parts > 1)
    CHECK_ERROR(ck, node->span, DIAG_DOTTED_VARIABLE, node->u.name.whole,
                with_underscores(ck->arena, node->u.name.whole));
}
