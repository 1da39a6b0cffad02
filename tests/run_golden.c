/* run_golden.c: tests by example.
 *
 *   run_golden [--promote] [--only TEXT] FILE-OR-FOLDER...
 *
 * A *.test file holds blocks.  What stands before the first is a comment.
 *
 *   %%RUN title          a script to run; or %%JSON (as with --json), %%CHECK, %%FMT
 *   let x = 1 / 0
 *   x
 *   %%DATA d.csv         a file beside the script (any number; then the script's folder is a temporary one)
 *   a,b
 *   %%OUT                what it prints
 *   Inf
 *   %%SAY                its messages, whole, with carets; %%FAIL instead: and the script fails with status 1
 *
 * Sections that are missing mean that nothing is printed, nothing said.  In a *.md file the blocks fenced by
 * ```kin are scripts, whose data are in tests/data, and ```text after one is what it prints.
 *
 * --promote writes today's results into the files.  `%%ELSEWHERE K0902 where` in a comment says that a message is
 * tested somewhere else; a message that occurs in no file at all fails the run (when a folder is run).
 */
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "runtime/kin.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum piece_kind {
  PIECE_TEXT,
  PIECE_RUN,
  PIECE_JSON,
  PIECE_CHECK,
  PIECE_FMT,
  PIECE_DATA,
  PIECE_OUT,
  PIECE_SAY,
  PIECE_FAIL
};

static const char *const piece_name[] = {"",       "%%RUN", "%%JSON", "%%CHECK", "%%FMT",
                                         "%%DATA", "%%OUT", "%%SAY",  "%%FAIL"};

struct piece {
  struct piece *next;
  enum piece_kind kind;
  int line;
  const char *title; /* rest of the marker's line */
  const char *text;
};

struct run { /* the whole run of tests */
  struct mem mem;
  struct arena *arena;
  bool promote;
  const char *only; /* titles or files that contain this; NULL: all */
  struct buf said;  /* all messages expected anywhere, for the check of codes */
  int n, n_failed;
};

struct outcome {
  struct buf out, say;
  enum kin_status status;
};

static bool is_script(const struct piece *p) {
  return p->kind >= PIECE_RUN && p->kind <= PIECE_FMT;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static const char *read_file(struct run *r, const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  struct buf b;
  buf_init(&b, r->arena);
  char block[4096];
  for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) buf_putn(&b, block, n);
  fclose(f);
  return b.text;
}

static bool starts(const char *line, const char *with) {
  return strncmp(line, with, strlen(with)) == 0;
}

/* The kind of section that a line opens; PIECE_TEXT for none. */
static enum piece_kind marker_of(const char *line) {
  for (int k = PIECE_RUN; k <= PIECE_FAIL; k++) {
    size_t n = strlen(piece_name[k]);
    if (starts(line, piece_name[k]) && strchr(" \r\n", line[n])) return (enum piece_kind)k;
  }
  return PIECE_TEXT;
}

struct reader {
  struct run *run;
  struct piece *first;
  struct piece **end;
  struct piece *last, *before; /* the piece being read, and the one before it */
  struct buf text;             /* of the piece being read */
  int line;
};

static void open_piece(struct reader *d, enum piece_kind kind, const char *title, size_t n) {
  struct piece *p = arena_make(d->run->arena, struct piece);
  *p = (struct piece){.kind = kind, .line = d->line, .title = arena_strndup(d->run->arena, title, n)};
  *d->end = p;
  d->end = &p->next;
  d->before = d->last;
  d->last = p;
  buf_init(&d->text, d->run->arena);
  p->text = d->text.text;
}

static void add_line(struct reader *d, const char *line, size_t n) {
  buf_putn(&d->text, line, n);
  d->last->text = d->text.text;
}

static void test_line(struct reader *d, const char *line, size_t n) {
  enum piece_kind kind = marker_of(line);
  if (kind == PIECE_TEXT) {
    add_line(d, line, n);
    return;
  }
  size_t skip = strlen(piece_name[kind]);
  while (skip < n && line[skip] == ' ') skip++;
  open_piece(d, kind, line + skip, strcspn(line + skip, "\r\n"));
}

/* Nothing but the closing fence and empty lines since the script. */
static bool follows_script(const struct reader *d, const struct piece *last) {
  return d->before && is_script(d->before) && last->text[strspn(last->text, "`\n")] == '\0';
}

/* A page: fences open and close the pieces, and belong to the text around them. */
static void page_line(struct reader *d, const char *line, size_t n) {
  const struct piece *last = d->last;
  bool fence = starts(line, "```");
  bool result = starts(line, "```text\n") && follows_script(d, last);
  if (fence && last->kind != PIECE_TEXT) open_piece(d, PIECE_TEXT, "", 0);
  add_line(d, line, n);
  if (fence && starts(line, "```kin\n")) open_piece(d, PIECE_RUN, "example", 7);
  if (result) open_piece(d, PIECE_OUT, "", 0);
}

static struct piece *read_pieces(struct run *r, const char *text, bool page) {
  struct reader d = {.run = r, .line = 1};
  d.end = &d.first;
  open_piece(&d, PIECE_TEXT, "", 0);
  for (const char *at = text; *at; d.line++) {
    size_t n = strcspn(at, "\n");
    if (at[n]) n++;
    (page ? page_line : test_line)(&d, at, n);
    at += n;
  }
  return d.first;
}

/* ---- running --------------------------------------------------------------------------------------------- */

static void to_out(void *arg, const char *text, size_t n) {
  buf_putn(&((struct outcome *)arg)->out, text, n);
}

static void to_say(void *arg, const char *text, size_t n) {
  buf_putn(&((struct outcome *)arg)->say, text, n);
}

/* The section of this kind that belongs to a script: before the next script. */
static struct piece *section_of(struct piece *script, enum piece_kind kind) {
  for (struct piece *p = script->next; p && !is_script(p); p = p->next)
    if (p->kind == kind) return p;
  return NULL;
}

/* Empty lines at the end of a section are the test file's, not the script's. */
static const char *own_text(struct run *r, const struct piece *p) {
  size_t n = strlen(p->text);
  while (n > 0 && p->text[n - 1] == '\n') n--;
  return arena_printf(r->arena, "%.*s%s", (int)n, p->text, n > 0 ? "\n" : "");
}

static const char *make_folder(struct run *r, struct piece *script) {
  char *folder = arena_strdup(r->arena, "/tmp/kin-golden-XXXXXX");
  if (!mkdtemp(folder)) return NULL;
  for (struct piece *p = script->next; p && !is_script(p); p = p->next) {
    if (p->kind != PIECE_DATA) continue;
    FILE *f = fopen(arena_printf(r->arena, "%s/%s", folder, p->title), "wb");
    if (!f) continue;
    fputs(own_text(r, p), f);
    fclose(f);
  }
  return folder;
}

static void remove_folder(struct run *r, struct piece *script, const char *folder) {
  for (struct piece *p = script->next; p && !is_script(p); p = p->next)
    if (p->kind == PIECE_DATA) unlink(arena_printf(r->arena, "%s/%s", folder, p->title));
  rmdir(folder);
}

static void run_script(struct run *r, const struct piece *script, const char *folder, struct outcome *o) {
  buf_init(&o->out, r->arena);
  buf_init(&o->say, r->arena);
  struct kin_options options = {.out = to_out,
                                .err = to_say,
                                .sink_arg = o,
                                .threads = 2,
                                .width = 80,
                                .json = script->kind == PIECE_JSON};
  struct kin *k = kin_new(&options);
  const char *text = own_text(r, script);
  size_t n = strlen(text);
  if (script->kind == PIECE_FMT)
    o->status = kin_format(k, "test.kin", text, n);
  else if (script->kind == PIECE_CHECK)
    o->status = kin_check(k, "test.kin", folder, text, n);
  else
    o->status = kin_run(k, "test.kin", folder, text, n);
  kin_free(k);
}

/* ---- comparing ------------------------------------------------------------------------------------------- */

/* What differs from run to run, or in its last digits from machine to machine: after `from`, up to one of `until`. */
static const struct {
  const char *from, *until;
} masks[] = {{"\"seconds\": {", "}"}, {"\"gradient_norm\": ", ","}, {"(gradient ", " )"}};

/* Length of the stretch to be masked after a mask's `from` at the place `at`; -1: no mask begins here. */
static int masked(const char *at, size_t *from) {
  for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
    *from = strlen(masks[i].from);
    if (starts(at, masks[i].from)) return (int)strcspn(at + *from, masks[i].until);
  }
  return -1;
}

enum { EXACT_DIGITS = 12, KEPT_DIGITS = 9 };

/* Length of the number at `at`, if it has so many digits that its last ones may differ between machines; else 0. */
static size_t long_number(const char *at) {
  size_t n = strspn(at, "0123456789.");
  size_t digits = 0;
  for (size_t i = 0; i < n; i++) digits += at[i] != '.';
  if (digits < EXACT_DIGITS || !memchr(at, '.', n)) return 0;
  char *end;
  strtod(at, &end);
  return (size_t)(end - at);
}

/* With the masks applied, long numbers rounded, and without the newlines at the end. */
static const char *trimmed(struct run *r, const char *text) {
  struct buf b;
  buf_init(&b, r->arena);
  while (*text) {
    size_t from = 1;
    int skip = masked(text, &from);
    size_t number = skip < 0 ? long_number(text) : 0;
    if (number > 0) {
      buf_printf(&b, "%.*g", KEPT_DIGITS, strtod(text, NULL));
      text += number;
      continue;
    }
    if (skip < 0) from = 1;
    buf_putn(&b, text, from);
    if (skip > 0) buf_putc(&b, '*');
    text += from + (size_t)(skip > 0 ? skip : 0);
  }
  while (b.n > 0 && (b.text[b.n - 1] == '\n' || b.text[b.n - 1] == '\r')) b.text[--b.n] = '\0';
  return b.text;
}

static bool differs(struct run *r, const char *what, const struct piece *wanted, const char *got) {
  const char *a = wanted ? trimmed(r, wanted->text) : "";
  const char *b = trimmed(r, got);
  if (strcmp(a, b) == 0) return false;
  printf("---- wanted %s:\n%s\n---- got:\n%s\n----\n", what, a, b);
  return true;
}

static bool failed(struct run *r, struct piece *script, const struct outcome *o, bool page) {
  struct piece *fail = section_of(script, PIECE_FAIL);
  struct piece *say = fail ? fail : section_of(script, PIECE_SAY);
  struct piece *out = section_of(script, PIECE_OUT);
  bool bad = false;
  if (out || !page) bad = differs(r, "output", out, o->out.text);
  bad |= differs(r, "messages", say, o->say.text);
  enum kin_status status = fail ? KIN_FAILED : KIN_OK;
  if (o->status != status) printf("status %d, wanted %d\n", (int)o->status, (int)status);
  return bad || o->status != status;
}

/* ---- promoting ------------------------------------------------------------------------------------------- */

static struct piece *set_section(struct run *r, struct piece *after, enum piece_kind kind, const char *text) {
  if (!*text) return after;
  struct piece *p = arena_make(r->arena, struct piece);
  *p = (struct piece){
      .next = after->next, .kind = kind, .title = "", .text = arena_printf(r->arena, "%s\n", text)};
  after->next = p;
  return p;
}

static bool is_result(const struct piece *p) {
  return p->kind == PIECE_OUT || p->kind == PIECE_SAY || p->kind == PIECE_FAIL;
}

/* Drops the old results of a script and puts the new ones behind its data. */
static void promote(struct run *r, struct piece *script, const struct outcome *o, bool page) {
  if (page) {
    struct piece *out = section_of(script, PIECE_OUT);
    if (out) out->text = o->out.text; /* readers see the whole */
    return;
  }
  struct piece *last = script;
  while (last->next && !is_script(last->next)) {
    if (is_result(last->next))
      last->next = last->next->next;
    else
      last = last->next;
  }
  last = set_section(r, last, PIECE_OUT, trimmed(r, o->out.text));
  set_section(r, last, o->status == KIN_OK ? PIECE_SAY : PIECE_FAIL, trimmed(r, o->say.text));
}

static void write_pieces(struct run *r, const char *path, const struct piece *first, bool page) {
  FILE *f = fopen(path, "wb");
  if (!f) return;
  for (const struct piece *p = first; p; p = p->next) {
    if (page || p->kind == PIECE_TEXT) {
      fputs(p->text, f);
      continue;
    }
    fprintf(f, "%s%s%s\n%s", piece_name[p->kind], *p->title ? " " : "", p->title, own_text(r, p));
    if (!p->next || is_script(p->next)) fputc('\n', f);
  }
  fclose(f);
}

/* ---- files and folders ------------------------------------------------------------------------------------ */

static const char *folder_of(struct run *r, const char *path, bool page) {
  if (page) return "tests/data";
  const char *slash = strrchr(path, '/');
  return slash ? arena_strndup(r->arena, path, (size_t)(slash - path)) : ".";
}

static void run_block(struct run *r, const char *path, struct piece *script, bool page) {
  bool own = section_of(script, PIECE_DATA) != NULL;
  const char *folder = own ? make_folder(r, script) : folder_of(r, path, page);
  struct outcome o = {.status = KIN_INTERNAL};
  run_script(r, script, folder, &o);
  if (own) remove_folder(r, script, folder);
  r->n++;
  if (r->promote) promote(r, script, &o, page);
  if (!r->promote && failed(r, script, &o, page)) {
    printf("FAILED %s:%d: %s\n\n", path, script->line, script->title);
    r->n_failed++;
  }
}

static bool is_chosen(const struct run *r, const char *path, const struct piece *script) {
  return !r->only || strstr(path, r->only) || strstr(script->title, r->only);
}

static void run_file(struct run *r, const char *path) {
  size_t n = strlen(path);
  bool page = n > 3 && strcmp(path + n - 3, ".md") == 0;
  const char *text = read_file(r, path);
  if (!text) {
    printf("cannot read %s\n", path);
    r->n_failed++;
    return;
  }
  struct piece *first = read_pieces(r, text, page);
  buf_put(&r->said, first->text);
  for (struct piece *p = first; p; p = p->next)
    if (is_script(p) && is_chosen(r, path, p)) run_block(r, path, p, page);
  for (struct piece *p = first; p; p = p->next)
    if (p->kind == PIECE_SAY || p->kind == PIECE_FAIL || p->kind == PIECE_OUT) buf_put(&r->said, p->text);
  if (r->promote) write_pieces(r, path, first, page);
}

static int is_test(const struct dirent *e) {
  size_t n = strlen(e->d_name);
  return n > 5 && strcmp(e->d_name + n - 5, ".test") == 0;
}

static void run_folder(struct run *r, const char *path) {
  struct dirent **entry;
  int n = scandir(path, &entry, is_test, alphasort);
  for (int i = 0; i < n; i++) {
    run_file(r, arena_printf(r->arena, "%s/%s", path, entry[i]->d_name));
    free(entry[i]);
  }
  if (n >= 0) free(entry);
}

/* True for the folder that has every message. */
static bool run_path(struct run *r, const char *path) {
  struct stat s;
  bool folder = stat(path, &s) == 0 && S_ISDIR(s.st_mode);
  (folder ? run_folder : run_file)(r, path);
  return folder && strstr(path, "errors");
}

/* Every message of the catalogue occurs in some test. */
static void check_codes(struct run *r) {
  for (int c = 0; c < DIAG_COUNT; c++) {
    const char *number = diag_number((enum diag_code)c);
    if (strstr(r->said.text, number)) continue;
    printf("FAILED no test has the message %s: %s\n", number, diag_catalogue_text((enum diag_code)c));
    r->n_failed++;
  }
}

static void run_all(struct run *r, int n, char **arg) {
  bool errors = false;
  for (int i = 1; i < n; i++) {
    if (strcmp(arg[i], "--promote") == 0)
      r->promote = true;
    else if (strcmp(arg[i], "--only") == 0 && i + 1 < n)
      r->only = arg[++i];
    else
      errors |= run_path(r, arg[i]);
  }
  if (errors && !r->only && !r->promote) check_codes(r);
}

int main(int n, char **arg) {
  struct run r = {0};
  struct arena *mark = arena_pool_mark(&r.mem);
  r.arena = arena_new(&r.mem);
  buf_init(&r.said, r.arena);
  run_all(&r, n, arg);
  printf("%d examples %s, %d failed\n", r.n, r.promote ? "promoted" : "run", r.n_failed);
  arena_pool_drain(&r.mem, mark);
  return r.n_failed > 0;
}
