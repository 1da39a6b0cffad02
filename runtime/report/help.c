#include "runtime/report/help.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include "lang/lint.h"
#include "runtime/report/sheet.h"
#include <string.h>
#include <strings.h>

/* ---- the tables --------------------------------------------------------------------------------------------- */

struct function_help {
  const char *name, *example, *arguments;
};

static const struct function_help function_helps[] = {
#define HELP(name, example, arguments) {name, example, arguments},
#include "runtime/report/help_functions.def"
};

struct argument_help {
  const char *name, *text;
};

static const struct argument_help argument_helps[] = {
#define ARGUMENT(name, text) {name, text},
#include "runtime/report/help_functions.def"
};

enum topic_group { TOPIC_STATEMENT, TOPIC_FORMULA, TOPIC_COLUMN };

struct topic {
  const char *name;
  enum topic_group group;
  const char *title, *text;
};

static const struct topic topics[] = {
#define TOPIC(name, group, title, text) {name, TOPIC_##group, title, text},
#include "runtime/report/help_topics.def"
#undef TOPIC
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct function_help *find_function(const char *name) {
  for (size_t i = 0; i < COUNT(function_helps); i++)
    if (strcmp(function_helps[i].name, name) == 0) return &function_helps[i];
  return NULL;
}

static const struct topic *find_topic(const char *name) {
  for (size_t i = 0; i < COUNT(topics); i++)
    if (strcmp(topics[i].name, name) == 0) return &topics[i];
  return NULL;
}

/* The entry of a code, in any case of letters; DIAG_COUNT: there is none. */
static enum diag_code find_code(const char *word) {
  for (int c = 0; c < DIAG_COUNT; c++)
    if (strcasecmp(diag_number((enum diag_code)c), word) == 0) return (enum diag_code)c;
  return DIAG_COUNT;
}

const char *help_example(const char *function) {
  const struct function_help *h = find_function(function);
  return h ? h->example : NULL;
}

/* What stands after "name: " in a line of the arguments; it ends at the line's end. */
static const char *line_on(const char *lines, const char *name) {
  size_t n = strlen(name);
  for (const char *line = lines; *line; line += strcspn(line, "\n") + 1)
    if (strncmp(line, name, n) == 0 && strncmp(line + n, ": ", 2) == 0) return line + n + 2;
  return NULL;
}

const char *help_argument(const char *function, const char *argument) {
  const struct function_help *h = find_function(function);
  const char *line = h ? line_on(h->arguments, argument) : NULL;
  for (size_t i = 0; i < COUNT(argument_helps) && !line; i++)
    if (strcmp(argument_helps[i].name, argument) == 0) line = argument_helps[i].text;
  return line;
}

/* ---- layout ------------------------------------------------------------------------------------------------- */

enum { HELP_INDENT = 2 };

/* "name   text", the text indented behind the widest name. */
static void put_entry(struct buf *out, const char *name, const char *text, int width,
                      const struct report_style *style) {
  size_t from = out->n;
  sheet_paragraph(out, text, HELP_INDENT + width + SHEET_GAP, 0, style);
  memcpy(out->text + from + HELP_INDENT, name, strlen(name));
}

static bool is_script_line(const char *line) {
  return strncmp(line, "  ", 2) == 0;
}

/* Bytes of the paragraph at text: up to an empty line, or one of script. */
static size_t paragraph_length(const char *text) {
  size_t n = strcspn(text, "\n");
  while (text[n] && text[n + 1] != '\n' && text[n + 1] && !is_script_line(text + n + 1))
    n += 1 + strcspn(text + n + 1, "\n");
  return n;
}

static void put_paragraph(struct buf *out, char *text, const struct report_style *style) {
  for (char *s = text; *s; s++)
    if (*s == '\n') *s = ' ';
  sheet_paragraph(out, text, HELP_INDENT, 0, style);
}

/* Paragraphs end at empty lines; lines that begin with two spaces are script and kept as they are. */
static void put_prose(struct buf *out, const char *text, const struct report_style *style) {
  while (*text) {
    size_t line = strcspn(text, "\n"), n = line;
    if (line == 0)
      buf_putc(out, '\n');
    else if (is_script_line(text))
      buf_printf(out, "  %.*s\n", (int)line, text);
    else
      put_paragraph(out, arena_strndup(out->arena, text, n = paragraph_length(text)), style);
    text += n + (text[n] != '\0');
  }
}

/* A title that is too long for a heading goes on in a further line. */
static void put_title(struct buf *out, const char *title, const struct report_style *style) {
  if (text_width(title, strlen(title)) <= sheet_style(style).width)
    sheet_heading(out, title, style);
  else
    sheet_paragraph(out, title, 0, 2 * HELP_INDENT, style);
}

static void put_section(struct buf *out, const char *title, const struct report_style *style) {
  buf_putc(out, '\n');
  sheet_heading(out, title, style);
}

/* ---- functions ---------------------------------------------------------------------------------------------- */

static int widest_argument(const struct signature *s) {
  size_t most = 0;
  for (int i = 0; i < s->n_params; i++)
    if (strlen(s->params[i].name) > most) most = strlen(s->params[i].name);
  return (int)most;
}

/* "..., one of reml, ml; reml when not said" */
static const char *argument_text(struct arena *a, const struct signature *s, const struct param *p) {
  struct buf b;
  buf_init(&b, a);
  const char *line = help_argument(s->name, p->name);
  buf_putn(&b, line ? line : "", line ? strcspn(line, "\n") : 0);
  for (int i = 0; i < p->n_words; i++) buf_printf(&b, "%s%s", i == 0 ? "; one of " : ", ", p->words[i]);
  if (p->fallback) buf_printf(&b, "; %s when not said", p->fallback);
  if (p->optional && !p->fallback && !p->rest) buf_put(&b, "; may be left out");
  return b.text;
}

static void put_function(struct buf *out, const struct signature *s, const struct report_style *style) {
  put_title(out, s->text, style);
  sheet_paragraph(out, s->help, HELP_INDENT, 0, style);
  if (s->n_params > 0) put_section(out, "Arguments", style);
  for (int i = 0; i < s->n_params; i++)
    put_entry(out, s->params[i].name, argument_text(out->arena, s, &s->params[i]), widest_argument(s), style);
  if (s->result != TYPE_UNKNOWN && s->result != TYPE_NONE) {
    put_section(out, "Gives", style);
    sheet_paragraph(out, describe_type(s->result), HELP_INDENT, 0, style);
  }
  const char *example = help_example(s->name);
  if (!example) return;
  put_section(out, "Example", style);
  buf_printf(out, "  %s\n", example);
}

/* ---- topics, messages, lints --------------------------------------------------------------------------------- */

static int widest_lint(void) {
  size_t most = 0;
  for (int i = 0; i < LINT_COUNT; i++)
    if (strlen(lint_catalogue[i].name) > most) most = strlen(lint_catalogue[i].name);
  return (int)most + 7; /* "L0101  " before it */
}

static void put_lints(struct buf *out, const struct report_style *style) {
  for (int i = 0; i < LINT_COUNT; i++) {
    const struct lint_entry *e = &lint_catalogue[i];
    put_entry(out, arena_printf(out->arena, "%s  %s", diag_number(e->code), e->name), e->title, widest_lint(),
              style);
  }
}

static void put_topic(struct buf *out, const struct topic *t, const struct report_style *style) {
  put_title(out, arena_printf(out->arena, "%s: %s", t->name, t->title), style);
  if (strcmp(t->name, "lints") == 0)
    put_lints(out, style);
  else
    put_prose(out, t->text, style);
}

static void put_lint(struct buf *out, const struct lint_entry *e, const struct report_style *style) {
  const char *grade = diag_severity(e->code) == SEVERITY_WARNING ? "warning" : "note";
  put_title(out, arena_printf(out->arena, "%s %s: %s", diag_number(e->code), e->name, e->title), style);
  put_prose(out, e->about, style);
  put_section(out, "Source", style);
  sheet_paragraph(out, e->source, HELP_INDENT, 0, style);
  buf_putc(out, '\n');
  sheet_paragraph(out, arena_printf(out->arena, "A %s. It is silenced by `allow %s`.", grade, e->name),
                  HELP_INDENT, 0, style);
}

/* The text of the catalogue with "..." for what a message fills in. */
static const char *without_strings(struct arena *a, const char *text) {
  struct buf b;
  buf_init(&b, a);
  for (const char *s = text; *s; s++) {
    bool placeholder = s[0] == '{' && s[1] >= '0' && s[1] <= '9' && s[2] == '}';
    if (placeholder) {
      buf_put(&b, "...");
      s += 2;
    } else {
      buf_putc(&b, *s);
    }
  }
  return b.text;
}

static const char *severity_text(enum severity s) {
  switch (s) {
  case SEVERITY_NOTE: return "a note";
  case SEVERITY_WARNING: return "a warning";
  case SEVERITY_ERROR: return "an error: the script does not run, or stops there";
  }
  return "";
}

static void put_message(struct buf *out, enum diag_code code, const struct report_style *style) {
  const char *hint = diag_catalogue_hint(code);
  sheet_heading(
      out, arena_printf(out->arena, "%s: %s", diag_number(code), severity_text(diag_severity(code))), style);
  sheet_paragraph(out, without_strings(out->arena, diag_catalogue_text(code)), HELP_INDENT, 0, style);
  if (!hint) return;
  put_section(out, "What to do", style);
  sheet_paragraph(out, without_strings(out->arena, hint), HELP_INDENT, 0, style);
}

/* ---- what is declared ------------------------------------------------------------------------------------------ */

void help_on_declared(struct buf *out, const char *signature, const char *doc,
                      const struct report_style *style) {
  put_title(out, signature, style);
  if (doc) put_prose(out, doc, style);
}

/* ---- the door ----------------------------------------------------------------------------------------------------- */

bool help_on(struct buf *out, const struct signatures *functions, const char *word,
             const struct report_style *style) {
  const struct signature *s = signature_find(functions, word);
  const struct topic *t = find_topic(word);
  const struct lint_entry *lint = lint_find(word);
  enum diag_code code = find_code(word);
  if (s) put_function(out, s, style);
  if (s && t) buf_putc(out, '\n');
  if (t) put_topic(out, t, style);
  if (s || t) return true;
  if (lint)
    put_lint(out, lint, style);
  else if (code != DIAG_COUNT)
    put_message(out, code, style);
  return lint || code != DIAG_COUNT;
}

const char *help_nearest(struct arena *a, const struct signatures *functions, const char *word) {
  size_t n = 0, room = (size_t)functions->n + COUNT(topics) + 2 * LINT_COUNT + DIAG_COUNT;
  const char **names = arena_raw(a, room, const char *);
  for (int i = 0; i < functions->n; i++) names[n++] = functions->items[i].name;
  for (size_t i = 0; i < COUNT(topics); i++) names[n++] = topics[i].name;
  for (int i = 0; i < LINT_COUNT; i++) names[n++] = lint_catalogue[i].name;
  for (int c = 0; c < DIAG_COUNT; c++) names[n++] = diag_number((enum diag_code)c);
  return text_nearest(word, names, n);
}

static void put_topics(struct buf *out, enum topic_group group, const struct report_style *style) {
  for (size_t i = 0; i < COUNT(topics); i++)
    if (topics[i].group == group) put_entry(out, topics[i].name, topics[i].title, 10, style);
}

static void put_names(struct buf *out, const struct signatures *functions, const struct report_style *style) {
  struct buf b;
  buf_init(&b, out->arena);
  for (int i = 0; i < functions->n; i++) buf_printf(&b, "%s%s", i ? " " : "", functions->items[i].name);
  sheet_paragraph(out, b.text, HELP_INDENT, 0, style);
}

void help_overview(struct buf *out, const struct signatures *functions, const struct report_style *style) {
  sheet_heading(out, "Statements", style);
  put_topics(out, TOPIC_STATEMENT, style);
  put_section(out, "Formulas and models", style);
  put_topics(out, TOPIC_FORMULA, style);
  put_section(out, "Functions over columns", style);
  put_topics(out, TOPIC_COLUMN, style);
  put_section(out, "Functions", style);
  put_names(out, functions, style);
  buf_putc(out, '\n');
  sheet_paragraph(out,
                  "help(fit) or help(\"for\") tells more of one of these, help(K0301) of a message, "
                  "help(L0105) of a lint, "
                  "help(name) of what a "
                  "script or a library declares.",
                  0, 0, style);
}
