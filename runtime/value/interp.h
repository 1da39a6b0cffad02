/* interp.h: what the files of runtime/value share: the interpreter, its environment, calls. */
#ifndef KIN_INTERP_H
#define KIN_INTERP_H

#include "lang/check.h"
#include "runtime/kin.h"
#include "runtime/random/random.h"
#include "runtime/value/value.h"

struct binding {
  char *name;
  struct value value; /* its home is retained */
};

/* The variables of the user's scripts, or of a module. */
struct env {
  struct binding *binding; /* in the order of their making */
  size_t n, room;
  uint32_t *slot; /* by hash of the name: place in binding, + 1 */
  size_t n_slots; /* a power of two */
};

struct local {
  const char *name;   /* lives in the script */
  struct value value; /* its home is retained */
};

/* The variables of blocks and function bodies, those of callers below those of the called. */
struct locals {
  struct local *item;
  size_t n, room;
  size_t base; /* the running function sees those from here on */
  int depth;   /* scopes open; 0: `let` makes a variable of the script */
};

/* A data block that has been read, so that check and run read it once. */
struct loaded {
  struct loaded *next;
  const struct ast *data;
  struct table *table; /* NULL: it failed, and the messages are told */
};

/* A design or a model of the script, so that check and run make it once. */
struct declared {
  struct declared *next;
  const struct ast *node;
  const struct design *design;     /* NULL: none, or it failed and the messages are told */
  const struct model_value *model; /* likewise */
};

/* What a run has shown last: a value of several lines keeps a blank line from its neighbours. */
enum shown { SHOWN_NOTHING, SHOWN_LINE, SHOWN_BLOCK };

struct interp {
  struct mem *mem;
  struct diags *diags;
  struct kin_options options;
  struct arena *arena; /* of the interpreter: signatures */
  struct signatures functions;
  struct env globals; /* the user's */
  struct env *env;    /* globals, or those of the module whose text is checked or run */
  struct locals locals;
  struct script *script; /* being checked or run: the user's, or that of a module or of an earlier run */
  struct arena *scratch; /* of the statement */
  struct loaded *loaded; /* of the script */
  /* Of the check and run of a script: holds what is declared and read.  The script itself may not: designs keep it. */
  struct arena *run;
  struct declared *declared; /* in it */
  struct used *used;         /* in it: the modules of its `use` statements */
  struct module *modules;    /* read so far */
  const struct ast *ahead;   /* the check loads this data statement before its turn; NULL while running */
  struct random random;      /* the stream; begins at seed 1 */
  double seconds_read, seconds_fit;
  enum shown shown;
  struct lint_set allowed; /* lints that the script silences so far */
  int n_calls;             /* of functions written in kin: in each other, now */
  uintptr_t stack_floor;   /* the C stack has to stay above */
  const struct diag *told; /* the last diagnostic that was printed */
  /* Output, by way of the driver. */
  void (*tell)(struct interp *in); /* prints the diagnostics that came since the last call */
  void (*show)(struct interp *in, const struct value *v, const char *name);
  void (*put)(struct interp *in, const char *text, size_t n);
};

/* ---- env.c: variables; who takes a value retains its home ---- */

const struct value *env_get(const struct env *e, const char *name);
void env_put(struct mem *m, struct env *e, const char *name, const struct value *v);
void env_free(struct mem *m, struct env *e);

/* The nearest variable of the name: local, of the script or module; NULL: there is none.  The pointer is good until the next
   variable is made. */
const struct value *env_find(const struct interp *in, const char *name);
/* `let` makes it in the innermost scope; `=` gives the nearest one another value. */
void env_let(struct interp *in, const char *name, const struct value *v);
void env_assign(struct interp *in, const char *name, const struct value *v);
/* A block: what is made between the two calls is local. */
size_t scope_enter(struct interp *in);
void scope_leave(struct interp *in, size_t mark);
void scope_leave_all(struct interp *in); /* after an unwind */
void locals_free(struct interp *in);

/* ---- values ---- */

struct value value_number(double x); /* NaN: NA */
struct value value_bool(bool b);
struct value value_text(struct interp *in, const char *s); /* copied into the scratch arena */
struct value value_table(const struct table *t);
struct value value_fit(const struct fit *f);
struct value value_design(const struct design *d);
struct value value_list(struct interp *in, int n, const struct value *items,
                        const char *const *names); /* retains homes; names NULL: a list, else a record */
/* The same of items that may be large themselves; false after an error at span: it holds too much, or is too deep. */
bool value_nested(struct interp *in, struct span span, int n, const struct value *items,
                  const char *const *names, struct value *out);
struct value value_column(struct interp *in, const struct column *c, int n_rows, struct arena *home);
struct value value_matrix(struct interp *in, const struct matrix_value *m);
struct value value_grid(struct interp *in, const struct grid_value *g);
enum type value_type(const struct value *v);
const char *value_kind_name(const struct value *v); /* "a number", "a fit" */

/* Row `at` of a column as a value of its own. */
struct value value_of_row(struct interp *in, const struct column *c, int at);
/* The value, so that it lives as long as the scratch arena does: a copy of a small one. */
struct value value_kept(struct interp *in, const struct value *v);
/* The scratch arena, and what is kept of it, keeps what v lives in. */
void value_hold(struct interp *in, const struct value *v);
/* A value as a column: numbers, texts and truth values have one row; false for others. */
bool value_as_column(struct interp *in, const struct value *v, struct column *c, int *n);
/* Numbers of a value: a number, a column of numbers or truth values, a list of numbers.  NULL after an error at span. */
const double *value_numbers(struct interp *in, const struct value *v, struct span span, int *n);

/* ---- evaluation: false after an error, which was reported ---- */

bool eval_expr(struct interp *in, const struct ast *e, struct value *out);
bool apply_operator(struct interp *in, const struct ast *e, const struct value *a, const struct value *b,
                    struct value *out);
/* a in b (member.c): true if a, or each value of the column a, is equal to one of b's items; NA where that is not known. */
bool eval_member(struct interp *in, const struct ast *e, const struct value *a, const struct value *b,
                 struct value *out);
#define RANGE_MAX                                                                                            \
  (INT64_C(1) << 53) /* items of a range that is gone through: whole numbers are exact up to there */
/* From one end of a range, and how many items, at most `most`: false after an error at e. */
bool range_length(struct interp *in, const struct ast *e, const struct value *a, const struct value *b,
                  int64_t most, double *from, int64_t *n);

/* ---- stack.c: expressions, statements and calls lie in each other as deep as the C stack has room for ---- */

/* Of the stack, from where a run begins; a quarter of it is left to the libraries, where that is less.  Under
   AddressSanitizer CALL_DEPTH_MAX calls of a small function need 4 MiB of 8. */
enum { STACK_KIB_MAX = 6 << 10 };

/* Measures the stack of the thread that runs a script. */
void stack_measure(struct interp *in);
/* False after an error at `at`: there is no room for more. */
bool stack_has_room(struct interp *in, const struct ast *at);

/* ---- control.c: statements ---- */

/* A statement of the script. */
bool exec_statement(struct interp *in, const struct ast *s);
/* A block; result: of the block's last statement, NULL where values of expressions are shown. */
bool exec_block(struct interp *in, const struct ast *block, struct value *result);
/* A condition is true or false: NA and all else are errors at `at`. */
bool value_is_true(struct interp *in, const struct ast *at, const struct value *v, bool *yes);

/* A statement of a block or a module, its temporaries put away when it ends; result as for exec_block. */
bool exec_apart(struct interp *in, const struct ast *s, struct value *result);

/* ---- module.c: `use` ---- */

/* The module's text, read; NULL after an error. */
const struct script *module_script(struct interp *in, const struct ast *use);
/* Between the two, the module is what is checked or run. */
void module_enter(struct interp *in, const struct ast *use);
void module_leave(struct interp *in, const struct ast *use);
/* Runs the module, if it has not run yet, and brings its names. */
bool exec_use(struct interp *in, const struct ast *use);
void modules_free(struct interp *in);

/* ---- closure.c: functions written in kin ---- */

enum { CALL_DEPTH_MAX = 1000 }; /* calls in each other */

/* A function has no variables of its own but its parameters and what its body makes; other names are the script's or the
   module's that it stands in, as they are when it runs. */
struct closure {
  struct arena *arena; /* of all this; counted */
  struct script *script;
  const struct ast *node; /* FN */
  struct env *env;
  struct signature signature;
};

struct value value_closure(struct interp *in, const struct ast *fn);
/* given: a value for each parameter, NONE where its default stands.  `at` is the call. */
bool call_closure(struct interp *in, const struct ast *at, const struct closure *f, const struct value *given,
                  struct value *out);

/* Parts (parts.c): x.name or x["name"], x[i], x[i, j]; node is the place of messages. */
bool value_field(struct interp *in, const struct ast *node, const struct value *of, const char *name,
                 struct value *out);
bool value_element(struct interp *in, const struct ast *node, const struct value *of,
                   const struct value *index, struct value *out);
bool value_cell(struct interp *in, const struct ast *node, const struct value *of, const struct value *index,
                struct value *out);
/* The names that parts go by: fields of a record, columns of a table or grid, rows of a matrix; NULL: none. */
const char *const *value_names(struct interp *in, const struct value *of, int *n);

/* The table of a data statement, loaded now or before; NULL after an error. */
struct table *data_load(struct interp *in, const struct ast *data);
/* The same before the statement's turn, for the check.  NULL also, and nothing said, when it has to wait: a statement above
   writes the file, or its `$x` is worked
   out by the script. */
struct table *data_load_ahead(struct interp *in, const struct ast *data);

/* ---- declared.c: designs and models ---- */

/* Of a DESIGN or MODEL statement, made once; NULL after an error. */
const struct design *declared_design(struct interp *in, const struct ast *node);
const struct model_value *declared_model(struct interp *in, const struct ast *node);
/* Is there a design of that name, in the script's statements above `before` or as a variable?  design_known gives it, NULL
   also when it is faulty; design_near the one with the nearest name. */
bool design_is_declared(struct interp *in, const char *name, const struct ast *before);
const struct design *design_known(struct interp *in, const char *name, const struct ast *before);
const char *design_near(struct interp *in, const char *name, const struct ast *before);
struct value value_model(struct interp *in, const struct model_decl *decl, const struct model_spec *spec);
/* The model with the arguments of a call. */
bool call_model(struct interp *in, const struct ast *node, const struct model_value *m, struct value *out);
/* What fit() takes, of a FORMULA or MODEL value; NULL after an error at `at`. */
const struct model_spec *spec_of_value(struct interp *in, const struct value *v, const struct ast *at);

/* The value of a variable for `$name`: while the check loads a data statement ahead, what the literals assigned before it
   say.  False if it has none yet. */
bool splice_find(const struct interp *in, const char *name, struct value *out);

/* A formula or a column expression with its `$x` replaced by values of variables, in arena a; NULL after an error. */
const struct ast *splice_values(struct interp *in, struct arena *a, const struct ast *expr);

/* ---- built-in functions ---- */

struct argument {
  const struct ast *ast; /* NULL: not given */
  struct value value;    /* of VALUE and ENUM parameters */
};

struct call {
  struct interp *in;
  const struct ast *node;
  const struct signature *signature;
  struct argument *arg; /* by parameter */
  int n_rest;           /* of the rest parameter */
  struct argument *rest;
  const char **rest_name; /* NULL where positional */
};

typedef bool builtin_fn(struct call *c, struct value *out);

/* Fills in->functions from builtins.def. */
void builtins_register(struct interp *in);
builtin_fn *builtin_find(const struct signature *s, const struct interp *in);
/* A call as it is written. */
bool call_function(struct interp *in, const struct ast *node, const struct signature *s, struct value *out);
/* A call with n values; name[i] is NULL where positional.  `at` is the place of messages. */
bool call_with_values(struct interp *in, const struct ast *at, const struct signature *s, int n,
                      const struct value *values, const char *const *name, struct value *out);

/* The level of intervals that an argument says, 0.95 where it does not; false after an error: it is none. */
bool call_level(struct call *c, int arg, double *level);

/* Error at a call's argument: DIAG code, then strings. */
#define CALL_ERROR(c, span, ...)                                                                             \
  (diag_add((c)->in->diags, (c)->in->script->source, (span), __VA_ARGS__, DIAG_END), false)

#define BUILTIN(name, spec, function, help) builtin_fn function;
#include "runtime/value/builtins.def"
#undef BUILTIN

#endif
