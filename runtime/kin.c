/* kin.c: the way of a script through the house.
 *
 *   run_script: parse -> check (static, then against the data) -> each statement under its own guard -> shown values
 */
#include "runtime/kin.h"
#include "runtime/report/report.h"
#include "runtime/value/interp.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kin {
  struct mem mem;
  struct interp in;
  size_t counted; /* allocations at the last kin_fail_allocation */
};

const char *kin_version(void) {
  return KIN_VERSION;
}

/* ---- output --------------------------------------------------------------------------------------------- */

static void put_out(struct interp *in, const char *text, size_t n) {
  if (in->options.out && n) in->options.out(in->options.sink_arg, text, n);
}

static void put_err(struct interp *in, const char *text, size_t n) {
  if (in->options.err && n) in->options.err(in->options.sink_arg, text, n);
}

static void show(struct interp *in, const struct value *v, const char *name) {
  struct report_style style = {.width = in->options.width, .colour = in->options.colour, .utf8 = true};
  bool is_print = name && v->kind == VALUE_TEXT && strcmp(name, "print") == 0;
  if (in->options.json) {
    const char *line = report_json(in->scratch, v, name);
    put_out(in, line, strlen(line));
    return;
  }
  struct buf b;
  buf_init(&b, in->scratch);
  if (is_print)
    buf_printf(&b, "%s\n", v->u.text);
  else
    report_value(&b, v, name, &style);
  bool block = strchr(b.text, '\n') != strrchr(b.text, '\n');
  if (in->shown != SHOWN_NOTHING && (block || in->shown == SHOWN_BLOCK)) put_out(in, "\n", 1);
  put_out(in, b.text, b.n);
  in->shown = block ? SHOWN_BLOCK : SHOWN_LINE;
}

/* Prints the diagnostics that came since the last call. */
static void tell(struct interp *in) {
  const struct diag *next = in->told ? in->told->next : in->diags->first;
  if (!next) return;
  struct arena *mark = arena_pool_mark(in->mem), *a = arena_new(in->mem);
  for (; next; next = next->next) {
    struct buf b;
    buf_init(&b, a);
    if (in->options.json)
      buf_put(&b, report_diag_json(a, next));
    else
      diag_print(&b, next, in->options.colour);
    put_err(in, b.text, b.n);
    in->told = next;
  }
  arena_pool_drain(in->mem, mark);
}

/* ---- what the checker asks ------------------------------------------------------------------------------ */

static bool known_variable(void *runtime, const char *name, enum type *type) {
  const struct value *v = env_find(runtime, name);
  if (v) *type = value_type(v);
  return v != NULL;
}

static size_t known_variables(void *runtime, const char *const **names) {
  struct interp *in = runtime;
  const struct env *e = &in->globals;
  const char **list = arena_raw(in->scratch, e->n + 1, const char *);
  for (size_t i = 0; i < e->n; i++) list[i] = e->binding[i].name;
  *names = list;
  return e->n;
}

static const struct schema *known_schema(void *runtime, const char *name, const struct ast *decl) {
  struct interp *in = runtime;
  const struct table *t = NULL;
  if (decl) {
    t = data_load_ahead(in, decl);
  } else {
    const struct value *v = env_find(in, name);
    if (v && v->kind == VALUE_TABLE) t = v->u.table;
  }
  return t ? table_schema(in->script->arena, t) : NULL;
}

static const struct design *known_design(void *runtime, const struct ast *decl) {
  return declared_design(runtime, decl);
}

static bool known_model(void *runtime, const char *name, const struct ast *decl, struct model_value *out) {
  struct interp *in = runtime;
  const struct value *v = decl ? NULL : env_find(in, name);
  const struct model_value *m = decl                          ? declared_model(in, decl)
                                : v && v->kind == VALUE_MODEL ? v->u.model
                                                              : NULL;
  if (m) *out = *m;
  return m != NULL;
}

static const struct script *known_module(void *runtime, const struct ast *use) {
  return module_script(runtime, use);
}

static void enter_module(void *runtime, const struct ast *use) {
  module_enter(runtime, use);
}

static void leave_module(void *runtime, const struct ast *use) {
  module_leave(runtime, use);
}

static bool check(struct interp *in) {
  struct check_env env = {.functions = &in->functions,
                          .allowed = in->allowed,
                          .runtime = in,
                          .variable = known_variable,
                          .variables = known_variables,
                          .schema = known_schema,
                          .design = known_design,
                          .model = known_model,
                          .module = known_module,
                          .enter = enter_module,
                          .leave = leave_module};
  return check_script(in->diags, in->script, &env) && in->diags->n_errors == 0;
}

/* ---- the way -------------------------------------------------------------------------------------------- */

struct job {
  struct kin *k;
  const char *name, *folder, *text;
  size_t n;
  bool check_only;
  const struct ast *statement;
  bool fine;
};

static void parse_stage(void *arg) {
  struct job *j = arg;
  struct interp *in = &j->k->in;
  in->script = parse_script(in->mem, in->diags, j->name, j->folder, j->text, j->n);
  arena_retain(in->script->arena);
  in->run = arena_retain(arena_new(in->mem));
  j->fine = in->diags->n_errors == 0;
}

static void dump_ast(struct interp *in, bool typed) {
  struct buf b;
  buf_init(&b, in->scratch);
  ast_dump(&b, in->script, typed);
  put_out(in, b.text, b.n);
}

static void check_stage(void *arg) {
  struct job *j = arg;
  struct interp *in = &j->k->in;
  in->scratch = arena_new(in->mem);
  if (in->options.dump == KIN_DUMP_AST) dump_ast(in, false);
  j->fine = check(in);
  if (in->options.dump == KIN_DUMP_TYPED) dump_ast(in, true);
}

static void statement_stage(void *arg) {
  struct job *j = arg;
  struct interp *in = &j->k->in;
  in->scratch = arena_new(in->mem);
  j->fine = exec_statement(in, j->statement);
}

/* What the parser told before an unwind has its places in a text that went with it. */
static void forget_lost_places(struct kin *k) {
  if (k->in.script) return;
  diags_clear(k->in.diags);
  k->in.told = NULL;
}

/* An unwind may have come from inside of functions and modules. */
static void leave_functions(struct kin *k, struct script *script) {
  struct interp *in = &k->in;
  if (script) in->script = script;
  in->env = &in->globals;
  in->n_calls = 0;
  scope_leave_all(in);
}

/* Runs one stage under a guard; what it made and nobody kept is released. */
static bool guarded(struct job *j, mem_guarded *stage) {
  struct kin *k = j->k;
  struct arena *mark = arena_pool_mark(&k->mem);
  struct script *script = k->in.script;
  j->fine = false;
  switch (mem_guard(&k->mem, stage, j)) {
  case UNWIND_NONE: break;
  case UNWIND_MEMORY:
    leave_functions(k, script);
    j->fine = false;
    forget_lost_places(k);
    diag_add(k->in.diags, NULL, (struct span){0, 0}, DIAG_OUT_OF_MEMORY, DIAG_END);
    break;
  case UNWIND_INTERRUPT:
    leave_functions(k, script);
    j->fine = false;
    forget_lost_places(k);
    diag_add(k->in.diags, NULL, (struct span){0, 0}, DIAG_INTERRUPTED, DIAG_END);
    break;
  }
  tell(&k->in);
  arena_pool_drain(&k->mem, mark);
  k->in.scratch = NULL;
  k->in.ahead = NULL;
  return j->fine;
}

static bool dumps_only_syntax(const struct interp *in) {
  return in->options.dump == KIN_DUMP_AST || in->options.dump == KIN_DUMP_TYPED;
}

static bool run_stages(struct job *j) {
  struct interp *in = &j->k->in;
  if (!guarded(j, parse_stage)) return false;
  if (!guarded(j, check_stage)) return false;
  if (j->check_only || dumps_only_syntax(in)) return true;
  for (j->statement = in->script->statements.first; j->statement; j->statement = j->statement->next)
    if (!guarded(j, statement_stage)) return false;
  return true;
}

struct outermost {
  struct job *job;
  bool fine;
};

/* Reporting itself may run out of memory: the outermost guard ends the run then. */
static void run_all(void *arg) {
  struct outermost *o = arg;
  o->fine = run_stages(o->job);
}

static const char memory_used_up[] = "error: memory is used up\n";

static void put_times(struct interp *in) {
  char line[128];
  int n = snprintf(line, sizeof line, "elapsed: reading %.3f s, fitting %.3f s\n", in->seconds_read,
                   in->seconds_fit);
  if (in->options.times && (in->seconds_fit > 0 || in->seconds_read > 0)) put_err(in, line, (size_t)n);
}

/* What belongs to one script: its text and tree, what it declared, what was told of it. */
static void forget_script(struct kin *k) {
  struct interp *in = &k->in;
  if (in->run) arena_release(in->run);
  if (in->script) arena_release(in->script->arena);
  in->run = NULL;
  in->declared = NULL;
  in->used = NULL;
  in->script = NULL;
  in->loaded = NULL;
  k->in.told = NULL;
  diags_clear(in->diags);
}

static enum kin_status run_script(struct kin *k, struct job *j) {
  struct outermost o = {.job = j};
  k->in.seconds_read = k->in.seconds_fit = 0;
  k->in.shown = SHOWN_NOTHING;
  stack_measure(&k->in);
  enum unwind how = mem_guard(&k->mem, run_all, &o);
  bool fine = how == UNWIND_NONE && o.fine;
  if (how == UNWIND_MEMORY) put_err(&k->in, memory_used_up, strlen(memory_used_up));
  put_times(&k->in);
  k->mem.interrupted = 0; /* what came too late for this run is not meant for the next */
  forget_script(k);
  return fine ? KIN_OK : KIN_FAILED;
}

enum kin_status kin_run(struct kin *k, const char *name, const char *folder, const char *text, size_t n) {
  struct job j = {.k = k, .name = name, .folder = folder, .text = text, .n = n};
  return run_script(k, &j);
}

enum kin_status kin_check(struct kin *k, const char *name, const char *folder, const char *text, size_t n) {
  struct job j = {.k = k, .name = name, .folder = folder, .text = text, .n = n, .check_only = true};
  return run_script(k, &j);
}

/* ---- kin fmt -------------------------------------------------------------------------------------------- */

static void format_stage(void *arg) {
  struct job *j = arg;
  struct interp *in = &j->k->in;
  parse_stage(j);
  if (!j->fine) return;
  struct buf b;
  buf_init(&b, arena_new(in->mem));
  print_script(&b, in->script);
  put_out(in, b.text, b.n);
}

static void format_all(void *arg) {
  struct outermost *o = arg;
  o->fine = guarded(o->job, format_stage);
}

enum kin_status kin_format(struct kin *k, const char *name, const char *text, size_t n) {
  struct job j = {.k = k, .name = name, .folder = "", .text = text, .n = n};
  struct outermost o = {.job = &j};
  enum unwind how = mem_guard(&k->mem, format_all, &o);
  bool fine = how == UNWIND_NONE && o.fine;
  if (how == UNWIND_MEMORY) put_err(&k->in, memory_used_up, strlen(memory_used_up));
  forget_script(k);
  return fine ? KIN_OK : KIN_FAILED;
}

/* ---- prompt, interrupts, tests -------------------------------------------------------------------------- */

static void incomplete_stage(void *arg) {
  struct job *j = arg;
  j->fine = parse_incomplete(&j->k->mem, j->text, j->n);
}

bool kin_incomplete(struct kin *k, const char *text, size_t n) {
  struct job j = {.k = k, .text = text, .n = n};
  return mem_guard(&k->mem, incomplete_stage, &j) == UNWIND_NONE && j.fine;
}

void kin_interrupt(struct kin *k) {
  k->mem.interrupted = 1;
}

size_t kin_fail_allocation(struct kin *k, size_t n) {
  size_t since = k->mem.calls - k->counted;
  k->counted = k->mem.calls;
  k->mem.fail_at = n ? k->mem.calls + n : 0;
  return since;
}

/* ---- life ----------------------------------------------------------------------------------------------- */

static void set_up(void *arg) {
  struct kin *k = arg;
  struct interp *in = &k->in;
  in->mem = &k->mem;
  in->diags = diags_new(&k->mem);
  in->arena = arena_retain(arena_new(&k->mem));
  random_seed(&in->random, 1);
  builtins_register(in);
  in->env = &in->globals;
  in->show = show;
  in->tell = tell;
  in->put = put_out;
}

static int threads_available(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

struct kin *kin_new(const struct kin_options *options) {
  struct kin *k = calloc(1, sizeof *k); /* the one block outside the arenas: it holds their root */
  if (!k) return NULL;
  k->in.options = *options;
  if (k->in.options.threads <= 0) k->in.options.threads = threads_available();
  if (mem_guard(&k->mem, set_up, k) != UNWIND_NONE) {
    kin_free(k);
    return NULL;
  }
  arena_pool_drain(&k->mem, NULL);
  return k;
}

void kin_free(struct kin *k) {
  if (!k) return;
  locals_free(&k->in);
  modules_free(&k->in);
  env_free(&k->mem, &k->in.globals);
  arena_release(k->in.arena);
  diags_free(k->in.diags);
  arena_pool_drain(&k->mem, NULL);
  free(k);
}
