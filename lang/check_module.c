/* check_module.c: `use`: a module is checked as a script of its own, and its names are brought over. */
#include "lang/check_parts.h"
#include "lang/describe.h"
#include <string.h>

/* ---- statements ---- */

static const char *what_is(const struct ast *s) {
  if (s->kind == AST_DATA) return "data";
  if (s->kind == AST_ASSIGN) return "a variable that changes";
  if (s->kind == AST_IF || s->kind == AST_FOR) return "conditions and loops outside of functions";
  return "an expression of its own";
}

static bool may_stand(const struct ast *s) {
  return s->kind == AST_FN || s->kind == AST_DESIGN || s->kind == AST_LET || s->kind == AST_USE ||
         s->kind == AST_ALLOW || s->kind == AST_ERROR;
}

/* A library may be ahead of this version: what its models want and is not there (K09..) is told where they are used, and
   lints are for who writes the model. */
static bool is_for_user(const struct diag *d) {
  return d->severity == SEVERITY_ERROR && strncmp(diag_number(d->code), "K09", 3) != 0;
}

static void tell_again(struct diags *to, const struct diag *d) {
  struct diag *copy = diag_put(to, d->source, d->span, d->code, d->text, d->hint);
  for (const struct diag_note *note = d->notes; copy && note; note = note->next)
    diag_note(to, copy, note->source, note->span, note->text);
}

static void free_diags(void *diags) {
  diags_free(diags);
}

static void check_model_of_module(struct checker *ck, struct ast *s) {
  struct diags *told = ck->diags, *here = diags_new(arena_mem(ck->arena));
  arena_register(ck->arena, free_diags, here); /* also when memory runs out on the way */
  ck->diags = here;
  check_model(ck, s);
  ck->diags = told;
  for (const struct diag *d = here->first; d; d = d->next)
    if (is_for_user(d)) tell_again(told, d);
}

static void check_statements(struct checker *ck) {
  for (struct ast *s = ck->script->statements.first; s; s = s->next) {
    if (s->kind == AST_MODEL)
      check_model_of_module(ck, s);
    else if (may_stand(s))
      check_statement(ck, s);
    else
      CHECK_ERROR(ck, s->span, DIAG_MODULE_STATEMENT, what_is(s));
  }
}

/* ---- a module ---- */

static bool is_being_checked(const struct checker *ck, const struct script *script) {
  for (; ck; ck = ck->user)
    if (ck->script == script) return true;
  return false;
}

static struct checker *find_checked(const struct checker *ck, const struct script *script) {
  for (struct checker *m = *ck->modules; m; m = m->next_module)
    if (m->script == script) return m;
  return NULL;
}

/* A module sees its own names alone. */
static const struct check_env *environment_of(struct checker *ck) {
  struct check_env *env = arena_make(ck->arena, struct check_env);
  *env = *ck->env;
  env->variable = NULL;
  env->variables = NULL;
  return env;
}

static void note_use(struct checker *ck, const struct ast *use, const struct diag *before) {
  for (struct diag *d = before ? before->next : ck->diags->first; d; d = d->next)
    diag_note(ck->diags, d, ck->source, use->span, "used here");
}

static struct checker *check_module(struct checker *ck, const struct ast *use, const struct script *script) {
  struct checker *m = arena_make(ck->arena, struct checker);
  const struct diag *before = ck->diags->last;
  *m = (struct checker){.user = ck,
                        .modules = ck->modules,
                        .next_module = *ck->modules,
                        .script = script,
                        .source = script->source,
                        .diags = ck->diags,
                        .env = environment_of(ck),
                        .allowed = ck->allowed,
                        .arena = ck->arena};
  *ck->modules = m;
  ck->env->enter(ck->env->runtime, use);
  check_statements(m);
  ck->env->leave(ck->env->runtime, use);
  note_use(ck, use, before);
  return m;
}

/* ---- its names ---- */

static void import(struct checker *ck, const struct ast *use, const struct binding *b,
                   const struct script *module) {
  const struct binding *here = names_made(ck, b->name);
  if (here && here->module == module) return;
  if (here) {
    struct diag *d = CHECK_ERROR(ck, use->span, DIAG_MODULE_COLLISION, use->u.use.name, b->name);
    if (d) diag_note(ck->diags, d, ck->source, here->node->span, "made here");
    return;
  }
  names_import(ck, b, use, module);
}

static void import_all(struct checker *ck, const struct ast *use, struct checker *module) {
  for (const struct ast *s = module->script->statements.first; s; s = s->next) {
    const struct ast *name = ast_name_made(s);
    const struct binding *b = name && name->kind == AST_NAME ? names_made(module, name->u.name.whole) : NULL;
    if (b) import(ck, use, b, module->script);
  }
}

void check_use(struct checker *ck, struct ast *s) {
  const struct script *script = ck->env->module ? ck->env->module(ck->env->runtime, s) : NULL;
  if (script && is_being_checked(ck, script)) {
    CHECK_ERROR(ck, s->span, DIAG_MODULE_CYCLE, s->u.use.name);
    script = NULL;
  }
  if (!script) {
    ck->library = true;
    return;
  }
  struct checker *module = find_checked(ck, script);
  if (!module) module = check_module(ck, s, script);
  ck->library = ck->library || module->library;
  import_all(ck, s, module);
}
