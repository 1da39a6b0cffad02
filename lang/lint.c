#include "lang/lint.h"
#include "lang/base/text.h"
#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

static_assert(LINT_COUNT <= 64, "a lint_set has a bit for each lint");

/* ---- the catalogue ---- */

const struct lint_entry lint_catalogue[LINT_COUNT] = {
#define LINT(id, number, severity, name, title, text, hint, about, source)                                   \
  {DIAG_LINT_##id, name, title, about, source},
#include "lang/lints.def"
#undef LINT
};

const struct lint_entry *lint_find(const char *word) {
  for (int i = 0; i < LINT_COUNT; i++)
    if (strcasecmp(word, lint_catalogue[i].name) == 0 ||
        strcasecmp(word, diag_number(lint_catalogue[i].code)) == 0)
      return &lint_catalogue[i];
  return NULL;
}

const char *lint_nearest(const char *word) {
  const char *known[2 * LINT_COUNT];
  for (int i = 0; i < LINT_COUNT; i++) {
    known[i] = lint_catalogue[i].name;
    known[LINT_COUNT + i] = diag_number(lint_catalogue[i].code);
  }
  return text_nearest(word, known, sizeof known / sizeof *known);
}

/* ---- what is silenced ---- */

static uint64_t bit_of(enum diag_code code) {
  int i = (int)code - (int)lint_catalogue[0].code;
  return i >= 0 && i < LINT_COUNT ? UINT64_C(1) << i : 0;
}

void lint_allow(struct lint_set *set, struct diags *diags, const struct source *source,
                const struct ast *allow) {
  for (const struct ast *word = allow->u.values.values.first; word; word = word->next) {
    const struct lint_entry *e = lint_find(word->u.name.whole);
    if (e)
      set->bits |= bit_of(e->code);
    else if (diags)
      diag_add(diags, source, word->span, DIAG_UNKNOWN_LINT, word->u.name.whole,
               lint_nearest(word->u.name.whole), DIAG_END);
  }
}

struct lint_set lint_allowed(struct lint_set script, const struct model_spec *spec) {
  for (int i = 0; spec && i < spec->n_allow; i++) {
    const struct lint_entry *e = lint_find(spec->allow[i]);
    if (e) script.bits |= bit_of(e->code);
  }
  return script;
}

bool lint_is_in(struct lint_set set, enum diag_code code) {
  return (set.bits & bit_of(code)) != 0;
}

/* ---- what was found ---- */

void lint_add(struct lint_list *list, const struct source *source, struct span span, enum diag_code code,
              ...) {
  const char *arg[DIAG_ARGS] = {0};
  va_list ap;
  va_start(ap, code);
  for (int i = 0; i < DIAG_ARGS; i++) {
    const char *s = va_arg(ap, const char *);
    if (s == DIAG_END) break;
    arg[i] = s;
  }
  va_end(ap);
  struct lint *l = arena_make(list->arena, struct lint);
  *l = (struct lint){.code = code, .source = source, .span = span};
  diag_texts(list->arena, code, arg, &l->text, &l->hint);
  if (list->last)
    list->last->next = l;
  else
    list->first = l;
  list->last = l;
}

void lint_silence(struct lint_list *list, struct lint_set silenced) {
  struct lint **at = &list->first;
  list->last = NULL;
  while (*at)
    if (lint_is_in(silenced, (*at)->code)) {
      *at = (*at)->next;
    } else {
      list->last = *at;
      at = &(*at)->next;
    }
}

/* Is the lint among the messages up to `end` (NULL: there are none)? */
static bool told_before(const struct diags *diags, const struct diag *end, const struct lint *l) {
  for (const struct diag *d = end ? diags->first : NULL; d; d = d == end ? NULL : d->next)
    if (d->code == l->code && d->source == l->source && d->span.from == l->span.from &&
        d->span.to == l->span.to)
      return true;
  return false;
}

void lint_tell(struct diags *diags, const struct lint_list *list, const struct source *call, struct span at) {
  const struct diag *end = diags->last; /* two of one code and place in the list itself are two */
  for (const struct lint *l = list->first; l; l = l->next) {
    if (told_before(diags, end, l)) continue;
    struct diag *d = diag_put(diags, l->source, l->span, l->code, l->text, l->hint);
    if (call && call != l->source) diag_note(diags, d, call, at, "in this fit");
  }
}
