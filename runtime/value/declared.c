/* declared.c: designs and models of a script, each made once for its check and its run. */
#include "runtime/value/interp.h"
#include "lang/base/text.h"
#include <string.h>

/* ---- made once ---- */

static struct declared *find(const struct interp *in, const struct ast *node) {
  for (struct declared *d = in->declared; d; d = d->next)
    if (d->node == node) return d;
  return NULL;
}

static struct declared *keep(struct interp *in, const struct ast *node) {
  struct declared *d = arena_make(in->run, struct declared);
  *d = (struct declared){.next = in->declared, .node = node};
  in->declared = d;
  return d;
}

const struct design *declared_design(struct interp *in, const struct ast *node) {
  struct declared *d = find(in, node);
  if (d) return d->design;
  d = keep(in, node);
  struct design *design = design_build(in->mem, in->diags, in->script->source, node, in->script->arena);
  if (design) arena_hold(in->run, design->arena);
  return d->design = design;
}

/* ---- names ---- */

/* A DESIGN statement, and the USE that brought it; both NULL: there is none. */
struct found_design {
  const struct ast *node, *use;
};

static const struct ast *design_in(const struct script *script, const char *name, const struct ast *before) {
  const struct ast *last = NULL;
  for (const struct ast *s = script->statements.first; s && s != before; s = s->next)
    if (s->kind == AST_DESIGN && strcmp(s->u.design.name->u.name.whole, name) == 0) last = s;
  return last;
}

static struct found_design find_design(struct interp *in, const char *name, const struct ast *before) {
  struct found_design found = {.node = design_in(in->script, name, before)};
  for (const struct ast *s = in->script->statements.first; s && s != before && !found.node; s = s->next) {
    const struct script *module = s->kind == AST_USE ? module_script(in, s) : NULL;
    if (module) found = (struct found_design){design_in(module, name, NULL), s};
  }
  return found;
}

static const struct design *design_of_module(struct interp *in, const struct found_design *found) {
  module_enter(in, found->use);
  const struct design *d = declared_design(in, found->node);
  module_leave(in, found->use);
  return d;
}

const struct design *design_known(struct interp *in, const char *name, const struct ast *before) {
  struct found_design found = find_design(in, name, before);
  if (found.node && found.use) return design_of_module(in, &found);
  if (found.node) return declared_design(in, found.node);
  const struct value *v = env_find(in, name);
  return v && v->kind == VALUE_DESIGN ? v->u.design : NULL;
}

bool design_is_declared(struct interp *in, const char *name, const struct ast *before) {
  const struct value *v = env_find(in, name);
  return find_design(in, name, before).node || (v && v->kind == VALUE_DESIGN);
}

const char *design_near(struct interp *in, const char *name, const struct ast *before) {
  struct arena *a = in->scratch;
  size_t n = 0, room = (size_t)in->script->statements.n + in->env->n;
  const char **names = arena_array(a, room + 1, const char *);
  for (const struct ast *s = in->script->statements.first; s && s != before; s = s->next)
    if (s->kind == AST_DESIGN) names[n++] = s->u.design.name->u.name.whole;
  for (size_t i = 0; i < in->env->n; i++)
    if (in->env->binding[i].value.kind == VALUE_DESIGN) names[n++] = in->env->binding[i].name;
  return text_nearest(name, names, n);
}

/* ---- models ---- */

/* The design after `of`; false after an error.  NULL in *design: it is a kind, or nothing is said. */
static bool design_of_model(struct interp *in, const struct ast *node, const struct design **design) {
  const struct ast *of = node->u.model.of;
  struct design_kind kind;
  *design = NULL;
  if (!of) return true;
  const struct ast *name = of->kind == AST_CALL ? of->u.call.callee : of;
  if (of->kind == AST_NAME && design_is_declared(in, name->u.name.whole, node)) {
    *design = design_known(in, name->u.name.whole, node);
    return *design != NULL;
  }
  struct diags quiet = {.mem = in->mem};
  bool is_kind = design_kind_read(&quiet, in->script->source, of, &kind);
  diags_clear(&quiet);
  if (is_kind) return true;
  static const char *const kinds[] = {"dyadic", "roundrobin", "longitudinal", "multilevel"};
  const char *near = design_near(in, name->u.name.whole, node);
  diag_add(in->diags, in->script->source, name->span, DIAG_UNKNOWN_KIND, name->u.name.whole,
           near ? near : text_nearest(name->u.name.whole, kinds, 4), DIAG_END);
  return false;
}

/* A model without parameters can be fitted as it is. */
static const struct model_spec *spec_of(struct interp *in, const struct model_decl *decl) {
  if (decl->node->u.model.params.first) return NULL;
  struct model_spec *spec = model_apply(in->mem, in->diags, decl, NULL, decl->source, NULL);
  if (spec) arena_hold(in->run, spec->arena);
  return spec;
}

const struct model_value *declared_model(struct interp *in, const struct ast *node) {
  struct declared *d = find(in, node);
  if (d) return d->model;
  d = keep(in, node);
  const struct design *design;
  if (!design_of_model(in, node, &design)) return NULL;
  struct model_decl *decl =
      model_declare(in->mem, in->diags, in->script->source, node, design, in->script->arena);
  if (!decl) return NULL;
  arena_hold(in->run, decl->arena);
  struct model_value *m = arena_make(in->run, struct model_value);
  *m = (struct model_value){.decl = decl, .spec = spec_of(in, decl)};
  return d->model = m;
}

/* ---- values ---- */

struct value value_model(struct interp *in, const struct model_decl *decl, const struct model_spec *spec) {
  struct arena *home = spec ? spec->arena : decl->arena;
  struct model_value *m = arena_make(in->scratch, struct model_value);
  *m = (struct model_value){decl, spec};
  arena_hold(in->scratch, home);
  return (struct value){.kind = VALUE_MODEL, .home = in->scratch, .u.model = m};
}

bool call_model(struct interp *in, const struct ast *node, const struct model_value *m, struct value *out) {
  if (!m->decl)
    return diag_add(in->diags, in->script->source, node->span, DIAG_MODEL_NO_PARAMETERS, "", DIAG_END), false;
  struct arena *a = arena_new(in->mem);
  arena_hold(a, in->script->arena);
  const struct ast *spliced = splice_values(in, a, node);
  struct model_spec *spec =
      spliced ? model_apply(in->mem, in->diags, m->decl, spliced, in->script->source, a) : NULL;
  if (!spec) return false;
  *out = value_model(in, m->decl, spec);
  return true;
}

const struct model_spec *spec_of_value(struct interp *in, const struct value *v, const struct ast *at) {
  if (v->kind == VALUE_FORMULA)
    return model_of_formula(in->mem, v->u.formula->source, v->u.formula->ast, v->home);
  const struct model_value *m = v->u.model;
  if (!m->spec)
    diag_add(in->diags, in->script->source, at->span, DIAG_MODEL_WANTS_ARGUMENTS, m->decl->name,
             model_signature(in->scratch, m->decl), DIAG_END);
  return m->spec;
}
