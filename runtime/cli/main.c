/* main.c: the kin command: its arguments, the file, the streams.  A client of kin.h. */
#include "lang/base/text.h"
#include "runtime/kin.h"
#include "runtime/repl/repl.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: kin [FILE]                run a script; without one, the prompt\n"
    "       kin run FILE [OPTIONS]    run a script (- is standard input)\n"
    "       kin check FILE            find mistakes without fitting anything\n"
    "       kin fmt FILE [-i] [--check]  print a script in its canonical form; -i rewrites the file\n"
    "       kin -e 'CODE' [OPTIONS]   run code from the command line\n"
    "\n"
    "  --json            results as lines of JSON\n"
    "  --threads N       processors to use (all); the digits do not depend on it\n"
    "  --dump=WHAT       ast, typed, model, blocks or fitlog\n"
    "  --quiet           no elapsed time\n"
    "  --version, --help\n"
    "\n"
    "Status: 0 done, 1 the script failed, 2 wrong usage, 70 an error of kin itself.\n";

enum verb { VERB_RUN, VERB_CHECK, VERB_FMT, VERB_PROMPT };

struct command {
  enum verb verb;
  const char *file; /* "-": standard input */
  const char *code; /* of -e */
  bool rewrite, compare, quiet;
  struct kin_options options;
};

/* ---- streams -------------------------------------------------------------------------------------------- */

struct streams {
  bool broken;    /* standard output cannot be written */
  char *captured; /* kin fmt -i and --check: instead of standard output */
  size_t n;
  bool capture;
};

static struct streams streams;

static void capture(const char *text, size_t n) {
  char *more = realloc(streams.captured, streams.n + n + 1);
  if (!more) {
    streams.broken = true;
    return;
  }
  streams.captured = more;
  memcpy(more + streams.n, text, n);
  streams.n += n;
}

static void to_out(void *arg, const char *text, size_t n) {
  (void)arg;
  if (streams.capture)
    capture(text, n);
  else if (fwrite(text, 1, n, stdout) != n || fflush(stdout) != 0)
    streams.broken = true;
}

static void to_err(void *arg, const char *text, size_t n) {
  (void)arg;
  fwrite(text, 1, n, stderr);
}

/* ---- reading -------------------------------------------------------------------------------------------- */

/* The whole of a stream, NUL-terminated, or NULL; the caller frees it. */
static char *slurp(FILE *f, size_t *n) {
  size_t room = 1 << 16, used = 0;
  char *text = malloc(room);
  while (text) {
    size_t got = fread(text + used, 1, room - used - 1, f);
    used += got;
    if (got == 0) break;
    if (room - used < 2) {
      char *more = realloc(text, room *= 2);
      if (!more) free(text);
      text = more;
    }
  }
  if (text && ferror(f)) { /* half a script is none */
    free(text);
    text = NULL;
  }
  if (text) text[used] = '\0';
  *n = used;
  return text;
}

static char *read_script(const char *file, size_t *n) {
  struct stat st;
  if (strcmp(file, "-") == 0) return slurp(stdin, n);
  if (stat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
    errno = EISDIR;
    return NULL;
  }
  FILE *f = fopen(file, "rb");
  if (!f) return NULL;
  char *text = slurp(f, n);
  fclose(f);
  return text;
}

/* The folder of a path, "" for the current one; the caller frees it. */
static char *folder_of(const char *file) {
  const char *slash = strrchr(file, '/');
  return slash ? strndup(file, (size_t)(slash - file) + (slash == file)) : strdup("");
}

/* ---- arguments ------------------------------------------------------------------------------------------ */

static int wrong(const char *what, const char *which) {
  fprintf(stderr, "kin: %s%s\n%s", what, which ? which : "", usage);
  return KIN_USAGE;
}

static int wrong_option(const char *option) {
  static const char *const options[] = {"--json",  "--threads", "--dump=", "--quiet",
                                        "--check", "--version", "--help"};
  const char *near = text_nearest(option, options, sizeof options / sizeof *options);
  if (!near) return wrong("unknown option ", option);
  fprintf(stderr, "kin: unknown option %s; did you mean %s?\n", option, near);
  return KIN_USAGE;
}

static bool dump_of(const char *word, enum kin_dump *out) {
  static const char *const words[] = {"none",  "ast",    "typed",
                                      "model", "blocks", "fitlog"}; /* ORDER: enum kin_dump */
  for (int i = 1; i < 6; i++)
    if (strcmp(word, words[i]) == 0) {
      *out = (enum kin_dump)i;
      return true;
    }
  return false;
}

static bool threads_of(const char *word, int *out) {
  char *end;
  long n = word ? strtol(word, &end, 10) : 0;
  if (!word || *end || n < 1 || n > 1024) return false;
  *out = (int)n;
  return true;
}

/* One option at argv[*i]; -1 when it is none, else a status: KIN_OK or KIN_USAGE. */
static int take_option(struct command *c, int argc, char **argv, int *i) {
  const char *a = argv[*i];
  if (strcmp(a, "--json") == 0)
    c->options.json = true;
  else if (strcmp(a, "--quiet") == 0)
    c->quiet = true;
  else if (strcmp(a, "-i") == 0 && c->verb == VERB_FMT)
    c->rewrite = true;
  else if (strcmp(a, "--check") == 0 && c->verb == VERB_FMT)
    c->compare = true;
  else if (strncmp(a, "--threads=", 10) == 0)
    return threads_of(a + 10, &c->options.threads) ? KIN_OK : wrong("not a number of threads: ", a + 10);
  else if (strcmp(a, "--threads") == 0) {
    const char *n = *i + 1 < argc ? argv[++*i] : NULL;
    return threads_of(n, &c->options.threads) ? KIN_OK
                                              : wrong("not a number of threads: ", n ? n : "(nothing)");
  } else if (strncmp(a, "--dump=", 7) == 0)
    return dump_of(a + 7, &c->options.dump) ? KIN_OK : wrong("nothing to dump is called ", a + 7);
  else if (a[0] == '-' && a[1])
    return wrong_option(a);
  else
    return -1;
  return KIN_OK;
}

static bool take_verb(struct command *c, const char *word) {
  static const struct {
    const char *word;
    enum verb verb;
  } verbs[] = {{"run", VERB_RUN}, {"check", VERB_CHECK}, {"fmt", VERB_FMT}};
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(word, verbs[i].word) == 0) {
      c->verb = verbs[i].verb;
      return true;
    }
  return false;
}

static int take_arguments(struct command *c, int argc, char **argv) {
  bool verb = false; /* the first word that is no option */
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "-e") == 0) {
      if (++i == argc) return wrong("-e wants code", NULL);
      if (c->file || c->code) return wrong("one script at a time: ", argv[i]);
      c->code = argv[i];
      continue;
    }
    int status = take_option(c, argc, argv, &i);
    if (status > 0) return status;
    if (status == 0) continue;
    if (!verb && !c->file && !c->code && take_verb(c, argv[i])) {
      verb = true;
      continue;
    }
    if (c->file || c->code) return wrong("one script at a time: ", argv[i]);
    c->file = argv[i];
  }
  if (verb && !c->file && !c->code) return wrong("which file?", NULL);
  if (c->rewrite && (!c->file || strcmp(c->file, "-") == 0)) return wrong("-i rewrites a file", NULL);
  if (!c->file && !c->code) {
    if (isatty(STDIN_FILENO))
      c->verb = VERB_PROMPT;
    else
      c->file = "-";
  }
  return KIN_OK;
}

/* ---- the verbs ------------------------------------------------------------------------------------------ */

static bool write_all(int fd, const char *text, size_t n) {
  while (n > 0) {
    ssize_t done = write(fd, text, n);
    if (done < 0) return false;
    text += done;
    n -= (size_t)done;
  }
  return true;
}

/* Writes beside the file and renames, so that a full disk leaves the old script whole; links stay links. */
static bool replace_file(const char *file, const char *text, size_t n) {
  struct stat st;
  char *real = realpath(file, NULL);
  size_t room = real ? strlen(real) + sizeof "-XXXXXX" : 0;
  char *beside = real ? malloc(room) : NULL;
  bool fine = false;
  if (beside && stat(real, &st) == 0) {
    snprintf(beside, room, "%s-XXXXXX", real);
    int fd = mkstemp(beside);
    fine = fd >= 0 && write_all(fd, text, n) && fchmod(fd, st.st_mode & 07777) == 0 && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0) fine = false;
    fine = fine && rename(beside, real) == 0;
    if (fd >= 0 && !fine) unlink(beside);
  }
  free(beside);
  free(real);
  return fine;
}

static int finish_format(const struct command *c, const char *text, size_t n, int status) {
  bool same = streams.n == n && (n == 0 || memcmp(streams.captured, text, n) == 0);
  if (status != KIN_OK) return status;
  if (c->compare) {
    if (!same) fprintf(stderr, "kin: %s is not in canonical form\n", c->file ? c->file : "the code");
    return same ? KIN_OK : KIN_FAILED;
  }
  if (same) return KIN_OK;
  if (replace_file(c->file, streams.captured, streams.n)) return KIN_OK;
  fprintf(stderr, "kin: error: cannot write %s: %s\n", c->file, strerror(errno));
  return KIN_FAILED;
}

static int run_text(struct kin *k, const struct command *c, const char *name, const char *folder,
                    const char *text, size_t n) {
  switch (c->verb) {
  case VERB_CHECK: return (int)kin_check(k, name, folder, text, n);
  case VERB_FMT: {
    streams.capture = c->rewrite || c->compare;
    int status = (int)kin_format(k, name, text, n);
    return streams.capture ? finish_format(c, text, n, status) : status;
  }
  case VERB_RUN:
  case VERB_PROMPT: return (int)kin_run(k, name, folder, text, n);
  }
  return KIN_INTERNAL;
}

static int run_file(struct kin *k, const struct command *c) {
  size_t n;
  char *text = read_script(c->file, &n);
  if (!text) {
    fprintf(stderr, "kin: error: cannot read %s: %s\n", c->file, strerror(errno));
    return KIN_FAILED;
  }
  char *folder = folder_of(c->file);
  int status = run_text(k, c, strcmp(c->file, "-") == 0 ? "<stdin>" : c->file, folder ? folder : "", text, n);
  free(folder);
  free(text);
  return status;
}

static struct kin *running; /* what SIGINT interrupts */

static void on_interrupt(int sig) {
  (void)sig;
  if (running) kin_interrupt(running);
}

static void look_at_terminal(struct command *c) {
  struct winsize w;
  const char *no_colour = getenv("NO_COLOR");
  bool plain = no_colour && *no_colour;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0) c->options.width = w.ws_col;
  c->options.colour = !plain && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
  c->options.times = !c->quiet && !c->options.json && c->verb == VERB_RUN;
}

int main(int argc, char **argv) {
  struct command c = {.verb = VERB_RUN, .options = {.out = to_out, .err = to_err}};
  for (int i = 1; i < argc && strcmp(argv[i], "-e") != 0; i++) {
    if (strcmp(argv[i], "--version") == 0)
      return printf("kin %s\n", kin_version()) < 0 || fflush(stdout) != 0;
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
      return fputs(usage, stdout) < 0 || fflush(stdout) != 0;
  }
  int status = take_arguments(&c, argc, argv);
  if (status != KIN_OK) return status;
  look_at_terminal(&c);
  signal(SIGPIPE, SIG_IGN);
  struct kin *k = running = kin_new(&c.options);
  if (!k) {
    fputs("kin: error: memory is used up\n", stderr);
    return KIN_FAILED;
  }
  sigaction(SIGINT, &(struct sigaction){.sa_handler = on_interrupt}, NULL);
  if (c.verb == VERB_PROMPT)
    status = repl_run(k);
  else if (c.code)
    status = run_text(k, &c, "<command line>", "", c.code, strlen(c.code));
  else
    status = run_file(k, &c);
  running = NULL;
  kin_free(k);
  free(streams.captured);
  if (streams.broken && status == KIN_OK) {
    fputs("kin: error: standard output cannot be written\n", stderr);
    status = KIN_FAILED;
  }
  return status;
}
