/* repl.c: the prompt: readline, history, statements over several lines. */
#include "runtime/repl/repl.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HISTORY_MAX = 10000, PATH_ROOM = 4096 };

/* ---- history -------------------------------------------------------------------------------------------- */

static void make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
  }
}

/* $XDG_STATE_HOME/kin/history, by default below ~/.local/state; false if there is no home. */
static bool history_path(char *path) {
  const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  int n = state && *state ? snprintf(path, PATH_ROOM, "%s/kin/history", state)
          : home && *home ? snprintf(path, PATH_ROOM, "%s/.local/state/kin/history", home)
                          : -1;
  if (n < 0 || n >= PATH_ROOM) return false;
  make_folders(path);
  return true;
}

/* A statement over several lines is one entry; it is written at once, so that a crash loses nothing. */
static void remember(const char *statement, const char *path) {
  if (!*statement) return;
  add_history(statement);
  if (append_history(1, path) != 0 && errno == ENOENT) write_history(path);
}

/* ---- lines ---------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t cancelled; /* Ctrl-C while a line is being typed */

static int end_cancelled_line(void) {
  if (cancelled) rl_done = 1;
  return 0;
}

static void on_interrupt(int sig) {
  (void)sig;
  cancelled = 1;
}

/* A line, NULL at the end of input; "" with `cancelled` set after Ctrl-C. */
static char *read_line(const char *prompt) {
  struct sigaction mine = {.sa_handler = on_interrupt}, old;
  cancelled = 0;
  sigaction(SIGINT, &mine, &old);
  char *line = readline(prompt);
  sigaction(SIGINT, &old, NULL);
  if (!cancelled) return line;
  free(line);
  putchar('\n');
  return calloc(1, 1);
}

static char *join(char *text, char *line) {
  size_t n = text ? strlen(text) + 1 : 0, m = strlen(line);
  char *both = realloc(text, n + m + 1);
  if (!both) {
    free(text);
    return line;
  }
  if (n) both[n - 1] = '\n';
  memcpy(both + n, line, m + 1);
  free(line);
  return both;
}

/* A whole statement; NULL at the end of input. */
static char *read_statement(struct kin *k) {
  char *text = NULL;
  for (;;) {
    char *line = read_line(text ? "...> " : "kin> ");
    if (!line) return text;
    if (cancelled) {
      free(text);
      return line;
    }
    text = join(text, line);
    if (!kin_incomplete(k, text, strlen(text))) return text;
  }
}

/* ---- the prompt ----------------------------------------------------------------------------------------- */

static void set_up_readline(void) {
  rl_readline_name = "kin";
  rl_catch_signals = 0;
  rl_event_hook = end_cancelled_line;
  rl_set_keyboard_input_timeout(50000);
  rl_variable_bind("enable-bracketed-paste", "on");
  rl_inhibit_completion = 1; /* completion by context comes later; files alone would mislead */
}

int repl_run(struct kin *k) {
  char path[PATH_ROOM];
  bool keeps = history_path(path);
  set_up_readline();
  using_history();
  stifle_history(HISTORY_MAX);
  if (keeps) read_history(path);
  printf("kin %s; Ctrl-D leaves\n", kin_version());
  for (char *text; (text = read_statement(k)); free(text)) {
    if (keeps)
      remember(text, path);
    else if (*text)
      add_history(text);
    kin_run(k, "<prompt>", "", text, strlen(text));
  }
  putchar('\n');
  if (keeps) history_truncate_file(path, HISTORY_MAX);
  return KIN_OK;
}
