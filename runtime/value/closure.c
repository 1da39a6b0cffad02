/* closure.c: functions written in kin: made, called with syntax, called with values. */
#include "lang/doc.h"
#include "lang/function.h"
#include "runtime/value/interp.h"
#include <string.h>

#define FAIL(in, node, ...)                                                                                  \
  (diag_add((in)->diags, (in)->script->source, (node)->span, __VA_ARGS__, DIAG_END), false)

/* ---- made ----------------------------------------------------------------------------------------------- */

struct value value_closure(struct interp *in, const struct ast *fn) {
  struct arena *a = arena_new(in->mem);
  arena_hold(a, in->script->arena);
  struct closure *c = arena_make(a, struct closure);
  *c = (struct closure){.arena = a, .script = in->script, .node = fn, .env = in->env};
  function_signature(a, &c->signature, fn);
  c->signature.closure = c;
  const char *doc = doc_above(a, in->script->source, fn->span);
  if (doc) c->signature.help = doc;
  return (struct value){.kind = VALUE_FUNCTION, .home = a, .u.function = &c->signature};
}

/* ---- where an error came from --------------------------------------------------------------------------- */

enum { CALLS_TOLD = 3 }; /* notes of callers under an error inside of a function */

static bool is_at(const struct source *source, struct span span, const struct source *here,
                  const struct ast *at) {
  return source == here && span.from == at->span.from && span.to == at->span.to;
}

/* A function that calls itself is not told again and again; what is told already is the place or its last note. */
static bool is_worth_telling(const struct diag *d, const struct source *here, const struct ast *at) {
  const struct diag_note *last = NULL;
  int n = 0;
  for (const struct diag_note *note = d->notes; note; note = note->next, n++) last = note;
  return n < CALLS_TOLD && !is_at(d->source, d->span, here, at) &&
         !(last && is_at(last->source, last->span, here, at));
}

/* An error inside of a library is told at the caller's line: what is wrong is mostly there. */
static void tell_caller(struct interp *in, const struct closure *f, const struct ast *at, struct diag *d) {
  const struct source *here = in->script->source;
  const char *name = f->signature.name;
  if (d->severity != SEVERITY_ERROR || !d->source) return;
  if (f->env != in->env) {
    diag_note(in->diags, d, d->source, d->span, arena_printf(in->scratch, "here, in `%s`", name));
    d->source = here;
    d->span = at->span;
  } else if (is_worth_telling(d, here, at)) {
    diag_note(in->diags, d, here, at->span, arena_printf(in->scratch, "`%s` is called here", name));
  }
}

static void tell_callers(struct interp *in, const struct closure *f, const struct ast *at,
                         const struct diag *before) {
  for (struct diag *d = before ? before->next : in->diags->first; d; d = d->next) tell_caller(in, f, at, d);
}

/* ---- called --------------------------------------------------------------------------------------------- */

/* Defaults see the parameters before them. */
static bool take_parameters(struct interp *in, const struct closure *f, const struct value *given) {
  int i = 0;
  for (const struct ast *p = f->node->u.fn.params.first; p; p = p->next, i++) {
    struct value v = given[i];
    if (v.kind == VALUE_NONE && !eval_expr(in, p->u.arg.value, &v)) return false;
    env_let(in, p->u.arg.key->u.name.whole, &v);
  }
  return true;
}

static bool run(struct interp *in, const struct closure *f, const struct value *given, struct value *out) {
  size_t mark = scope_enter(in);
  in->locals.base = mark;
  bool fine = take_parameters(in, f, given) && exec_block(in, f->node->u.fn.body, out);
  scope_leave(in, mark);
  return fine;
}

bool call_closure(struct interp *in, const struct ast *at, const struct closure *f, const struct value *given,
                  struct value *out) {
  struct script *script = in->script;
  struct env *env = in->env;
  size_t base = in->locals.base;
  const struct diag *before = in->diags->last;
  if (in->n_calls >= CALL_DEPTH_MAX)
    return FAIL(in, at, DIAG_CALLS_TOO_DEEP, f->signature.name,
                arena_printf(in->scratch, "%d", CALL_DEPTH_MAX));
  in->n_calls++;
  in->script = f->script;
  in->env = f->env;
  bool fine = run(in, f, given, out);
  in->n_calls--;
  in->script = script;
  in->env = env;
  in->locals.base = base;
  if (!fine) tell_callers(in, f, at, before);
  return fine;
}
