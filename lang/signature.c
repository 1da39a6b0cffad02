#include "lang/signature.h"
#include "lang/base/buf.h"
#include "lang/base/text.h"
#include <assert.h>
#include <ctype.h>
#include <string.h>

/* ---- reading a line of the table ---- */

struct reader {
  struct arena *arena;
  const char *at;
};

static void skip_space(struct reader *r) {
  while (*r->at == ' ' || *r->at == '\n') r->at++;
}

static bool accept(struct reader *r, const char *token) {
  skip_space(r);
  size_t n = strlen(token);
  if (strncmp(r->at, token, n) != 0) return false;
  r->at += n;
  return true;
}

static const char *word(struct reader *r) {
  skip_space(r);
  const char *from = r->at;
  while (isalnum((unsigned char)*r->at) || *r->at == '_') r->at++;
  assert(r->at > from && "a signature wants a word here");
  return arena_strndup(r->arena, from, (size_t)(r->at - from));
}

/* What stands after `=`: anything up to the next comma or arrow. */
static const char *fallback(struct reader *r) {
  skip_space(r);
  const char *from = r->at;
  while (*r->at && *r->at != ',' && strncmp(r->at, "->", 2) != 0) r->at++;
  const char *to = r->at;
  while (to > from && to[-1] == ' ') to--;
  return arena_strndup(r->arena, from, (size_t)(to - from));
}

struct type_word {
  const char *word;
  enum type type;
};

static const struct type_word type_words[] = {
    {"any", TYPE_UNKNOWN},       {"none", TYPE_NONE},     {"number", TYPE_NUMBER},
    {"text", TYPE_TEXT},         {"bool", TYPE_BOOL},     {"list", TYPE_LIST},
    {"record", TYPE_RECORD},     {"column", TYPE_COLUMN}, {"table", TYPE_TABLE},
    {"formula", TYPE_FORMULA},   {"matrix", TYPE_MATRIX}, {"hypotheses", TYPE_HYPOTHESES},
    {"design", TYPE_DESIGN},     {"model", TYPE_MODEL},   {"fit", TYPE_FIT},
    {"function", TYPE_FUNCTION},
};

enum { N_TYPE_WORDS = sizeof type_words / sizeof *type_words };

bool signature_type(const char *word, enum type *out) {
  for (size_t i = 0; i < N_TYPE_WORDS; i++) {
    if (strcmp(type_words[i].word, word) != 0) continue;
    *out = type_words[i].type;
    return true;
  }
  return false;
}

const char *signature_type_near(const char *word) {
  const char *names[N_TYPE_WORDS];
  for (size_t i = 0; i < N_TYPE_WORDS; i++) names[i] = type_words[i].word;
  return text_nearest(word, names, N_TYPE_WORDS);
}

static enum type type_of(const char *w) {
  enum type type = TYPE_UNKNOWN;
  bool known = signature_type(w, &type);
  assert(known && "a signature names a type that there is not");
  (void)known;
  return type;
}

static void read_words(struct reader *r, struct param *p, const char *first) {
  int n = 2;
  for (const char *s = r->at; *s && *s != ',' && *s != '=' && strncmp(s, "->", 2) != 0; s++) n += *s == '|';
  const char **words = arena_array(r->arena, (size_t)n, const char *);
  words[p->n_words++] = first;
  do words[p->n_words++] = word(r);
  while (accept(r, "|"));
  p->kind = PARAM_ENUM;
  p->words = words;
}

static void read_type(struct reader *r, struct param *p) {
  const char *first = word(r);
  if (accept(r, "|"))
    read_words(r, p, first);
  else if (strcmp(first, "word") == 0)
    p->kind = PARAM_WORD;
  else if (strcmp(first, "columns") == 0)
    p->kind = PARAM_COLUMNS;
  else if (strcmp(first, "condition") == 0)
    *p = (struct param){.name = p->name, .kind = PARAM_COLUMNS, .type = TYPE_BOOL};
  else
    p->type = type_of(first);
}

static void read_param(struct reader *r, struct param *p) {
  p->name = word(r);
  p->named = accept(r, "=..");
  p->rest = p->named || accept(r, "..");
  p->optional = p->rest;
  bool colon = accept(r, ":");
  assert(colon && "a parameter has a type");
  (void)colon;
  read_type(r, p);
  if (!accept(r, "=")) return;
  p->optional = true;
  if (!accept(r, "?")) p->fallback = fallback(r);
}

static int count_params(const char *spec) {
  int n = 1;
  for (const char *s = spec; *s; s++) n += *s == ',';
  return n;
}

/* ---- as help shows it ---- */

static void show_param(struct buf *b, const struct param *p) {
  if (p->rest) {
    buf_put(b, "...");
    return;
  }
  if (p->optional && p->kind != PARAM_ENUM && !p->fallback) {
    buf_printf(b, "[%s]", p->name);
    return;
  }
  buf_put(b, p->name);
  if (p->kind == PARAM_ENUM)
    for (int i = 0; i < p->n_words; i++) buf_printf(b, "%s%s", i ? " | " : " = ", p->words[i]);
  else if (p->fallback)
    buf_printf(b, " = %s", p->fallback);
}

const char *signature_show(struct arena *a, const struct signature *s) {
  struct buf b;
  buf_init(&b, a);
  buf_printf(&b, "%s(", s->name);
  for (int i = 0; i < s->n_params; i++) {
    if (i) buf_put(&b, ", ");
    show_param(&b, &s->params[i]);
  }
  buf_put(&b, ")");
  return b.text;
}

void signature_parse(struct arena *a, struct signature *out, const char *name, const char *spec,
                     const char *help) {
  struct reader r = {.arena = a, .at = spec};
  struct param *params = arena_array(a, (size_t)count_params(spec), struct param);
  *out = (struct signature){.name = name, .params = params, .result = TYPE_UNKNOWN, .help = help};
  skip_space(&r);
  if (*r.at && strncmp(r.at, "->", 2) != 0) {
    do read_param(&r, &params[out->n_params++]);
    while (accept(&r, ","));
  }
  if (accept(&r, "->")) out->result = type_of(word(&r));
  skip_space(&r);
  assert(!*r.at && "a signature ends after its result");
  out->text = signature_show(a, out);
}

const char *signature_near(struct arena *a, const struct signature *s, const char *name) {
  const char **names = arena_array(a, (size_t)s->n_params, const char *);
  for (int i = 0; i < s->n_params; i++) names[i] = s->params[i].name;
  return text_nearest(name, names, (size_t)s->n_params);
}

const struct signature *signature_find(const struct signatures *all, const char *name) {
  for (int i = 0; i < all->n; i++)
    if (strcmp(all->items[i].name, name) == 0) return &all->items[i];
  return NULL;
}

/* ---- which argument goes where ---- */

static bool taken(const int *param, int n, int p) {
  for (int i = 0; i < n; i++)
    if (param[i] == p) return true;
  return false;
}

static int named_slot(const struct signature *s, const struct ast *key) {
  if (key->kind != AST_NAME) return ARG_UNKNOWN;
  int rest = ARG_UNKNOWN;
  for (int p = 0; p < s->n_params; p++) {
    if (!s->params[p].rest && strcmp(s->params[p].name, key->u.name.whole) == 0) return p;
    if (s->params[p].named) rest = p;
  }
  return rest;
}

static int positional_slot(const struct signature *s, const int *param, int n) {
  for (int p = 0; p < s->n_params; p++)
    if (s->params[p].rest || !taken(param, n, p)) return p;
  return ARG_SURPLUS;
}

void signature_match(const struct signature *s, const struct ast_list *args, int *param) {
  for (int i = 0; i < args->n; i++) param[i] = ARG_SURPLUS;
  int i = 0;
  for (const struct ast *arg = args->first; arg; arg = arg->next, i++) {
    if (!arg->u.arg.key) continue;
    int p = named_slot(s, arg->u.arg.key);
    param[i] = p >= 0 && !s->params[p].rest && taken(param, i, p) ? ARG_TWICE : p;
  }
  i = 0;
  for (const struct ast *arg = args->first; arg; arg = arg->next, i++)
    if (!arg->u.arg.key) param[i] = positional_slot(s, param, args->n);
}
