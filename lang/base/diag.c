#include "lang/base/diag.h"
#include <string.h>

struct catalogue_entry {
  const char *number;
  enum severity severity;
  const char *text;
  const char *hint; /* NULL: none */
};

static const struct catalogue_entry catalogue[] = {
#define DIAG(id, number, severity, text, hint) {number, SEVERITY_##severity, text, hint},
#include "lang/messages.def"
#undef DIAG
};

const char diag_end[] = "";

const char *diag_number(enum diag_code code) {
  return catalogue[code].number;
}

enum severity diag_severity(enum diag_code code) {
  return catalogue[code].severity;
}

const char *diag_catalogue_text(enum diag_code code) {
  return catalogue[code].text;
}

const char *diag_catalogue_hint(enum diag_code code) {
  return catalogue[code].hint;
}

struct diags *diags_new(struct mem *m) {
  struct diags *d = mem_alloc(m, 1, sizeof *d);
  *d = (struct diags){.mem = m};
  diags_clear(d);
  return d;
}

void diags_clear(struct diags *d) {
  struct arena *old = d->arena;
  *d = (struct diags){.mem = d->mem};
  arena_release(old);
}

void diags_free(struct diags *d) {
  if (!d) return;
  diags_clear(d);
  mem_free(d->mem, d);
}

/* The arena is made when it is first needed, and belongs to the collection rather than to a pool. */
static struct arena *diags_arena(struct diags *d) {
  if (!d->arena) d->arena = arena_retain(arena_new(d->mem));
  return d->arena;
}

/* Index of a placeholder "{0}" at s, -1 if there is none. */
static int placeholder(const char *s) {
  return s[0] == '{' && s[1] >= '0' && s[1] < '0' + DIAG_ARGS && s[2] == '}' ? s[1] - '0' : -1;
}

/* Fills in the placeholders; NULL if one of them has no string. */
static const char *fill(struct arena *a, const char *format, const char *const *arg) {
  struct buf b;
  buf_init(&b, a);
  for (const char *s = format; *s; s++) {
    int i = placeholder(s);
    if (i < 0) {
      buf_putc(&b, *s);
      continue;
    }
    if (!arg[i]) return NULL;
    buf_put(&b, arg[i]);
    s += 2;
  }
  return b.text;
}

static bool known(const struct diags *d, const struct diag *new) {
  for (const struct diag *old = d->first; old; old = old->next)
    if (old->code == new->code && old->source == new->source && old->span.from == new->span.from &&
        old->span.to == new->span.to &&strcmp(old->text, new->text) == 0)
      return true;
  return false;
}

static void append(struct diags *d, struct diag *new) {
  if (d->last)
    d->last->next = new;
  else
    d->first = new;
  d->last = new;
}

void diag_texts(struct arena *a, enum diag_code code, const char *const arg[DIAG_ARGS], const char **text,
                const char **hint) {
  const struct catalogue_entry *entry = &catalogue[code];
  const char *filled = fill(a, entry->text, arg);
  *text = filled ? filled : entry->text;
  *hint = entry->hint ? fill(a, entry->hint, arg) : NULL;
}

static bool is_one_too_many(struct diags *d, enum severity severity) {
  if (severity == SEVERITY_ERROR)
    d->n_errors++;
  else
    d->n_warnings++;
  if (d->n_errors <= DIAG_MAX) return false;
  d->n_dropped++;
  return true;
}

/* The texts live in the collection's arena. */
static struct diag *keep(struct diags *d, const struct diag *new) {
  if (known(d, new) || is_one_too_many(d, new->severity)) return NULL;
  struct diag *kept = arena_make(diags_arena(d), struct diag);
  *kept = *new;
  append(d, kept);
  return kept;
}

struct diag *diag_put(struct diags *d, const struct source *src, struct span span, enum diag_code code,
                      const char *text, const char *hint) {
  struct arena *a = diags_arena(d);
  return keep(d, &(struct diag){.code = code,
                                .severity = catalogue[code].severity,
                                .source = src,
                                .span = span,
                                .text = arena_strdup(a, text),
                                .hint = hint ? arena_strdup(a, hint) : NULL});
}

struct diag *diag_add(struct diags *d, const struct source *src, struct span span, enum diag_code code, ...) {
  const char *arg[DIAG_ARGS] = {0};
  va_list ap;
  va_start(ap, code);
  for (int i = 0; i < DIAG_ARGS; i++) {
    const char *s = va_arg(ap, const char *);
    if (s == DIAG_END) break;
    arg[i] = s;
  }
  va_end(ap);
  struct diag new = {.code = code, .severity = catalogue[code].severity, .source = src, .span = span};
  diag_texts(diags_arena(d), code, arg, &new.text, &new.hint);
  return keep(d, &new);
}

void diag_note(struct diags *d, struct diag *to, const struct source *src, struct span span,
               const char *text) {
  if (!to) return;
  struct arena *a = diags_arena(d);
  struct diag_note *n = arena_make(a, struct diag_note);
  *n = (struct diag_note){.source = src, .span = span, .text = arena_strdup(a, text)};
  struct diag_note **end = &to->notes;
  while (*end) end = &(*end)->next;
  *end = n;
}
