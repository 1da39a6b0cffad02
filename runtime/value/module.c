/* module.c: `use`: where modules are found, how they are read, run once, and bring their names.
 *
 * A module is read by every script that uses it, and lives as long as the interpreter, for its functions may be anywhere; a
 * file that has changed is another module.
 */
#include "lang/base/text.h"
#include "lang/describe.h"
#include "runtime/value/interp.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef KIN_STDLIB
#define KIN_STDLIB "/usr/local/share/kin/stdlib" /* where `make install` puts the library */
#endif

struct module {
  struct module *next;
  struct script *script; /* its arena, which holds this too, is retained */
  const char *file;
  struct env env;
  bool ran;
  struct script *user; /* while it is entered: who uses it */
  struct env *user_env;
};

/* Which module a USE statement of the running script means. */
struct used {
  struct used *next;
  const struct ast *use;
  struct module *module; /* NULL: it could not be had, and the messages are told */
};

/* ---- where they are ------------------------------------------------------------------------------------- */

enum { FOLDERS_MAX = 16 };

struct folders {
  int n;
  const char *path[FOLDERS_MAX];
};

static void add_folder(struct folders *f, const char *path) {
  if (f->n < FOLDERS_MAX && path && *path) f->path[f->n++] = path;
}

/* Beside the command: where it is installed, and where it is built. */
static void add_neighbours(struct folders *f, struct arena *a) {
  char command[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", command, sizeof command - 1);
  if (n <= 0) return;
  command[n] = '\0';
  char *slash = strrchr(command, '/');
  if (!slash) return;
  *slash = '\0';
  static const char *const ways[] = {"%s/../share/kin/stdlib", "%s/../stdlib", "%s/../../stdlib"};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    struct buf b;
    buf_init(&b, a);
    buf_put(&b, command);
    buf_put(&b, ways[i] + 2);
    add_folder(f, b.text);
  }
}

/* KIN_PATH has folders with colons between; it stands instead of the library's own. */
static void add_library(struct folders *f, struct arena *a) {
  const char *path = getenv("KIN_PATH");
  if (!path || !*path) {
    add_neighbours(f, a);
    add_folder(f, KIN_STDLIB);
    return;
  }
  for (const char *colon; *path; path = *colon ? colon + 1 : colon) {
    colon = strchrnul(path, ':');
    add_folder(f, arena_strndup(a, path, (size_t)(colon - path)));
  }
}

static struct folders folders_of(struct interp *in) {
  struct folders f = {0};
  const char *folder = in->script->source->folder;
  add_library(&f, in->scratch);
  add_folder(&f, folder && *folder ? folder : ".");
  return f;
}

static bool is_file(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The module's file, NULL if there is none. */
static const char *find_file(struct interp *in, const struct folders *f, const char *name) {
  if (strchr(name, '/') || name[0] == '.') return NULL;
  for (int i = 0; i < f->n; i++) {
    const char *path = arena_printf(in->scratch, "%s/%s.kin", f->path[i], name);
    if (is_file(path)) return path;
  }
  return NULL;
}

/* As messages name it: a file of the library with its folder, one beside the script without. */
static const char *name_of_file(struct interp *in, const struct folders *f, const char *file,
                                const char *name) {
  const char *own = f->path[f->n - 1],
             *folder = arena_strndup(in->scratch, file, strlen(file) - strlen(name) - 5);
  const char *slash = strrchr(folder, '/');
  if (strcmp(folder, own) == 0) return arena_printf(in->scratch, "%s.kin", name);
  return arena_printf(in->scratch, "%s/%s.kin", slash ? slash + 1 : folder, name);
}

/* ---- near names ----------------------------------------------------------------------------------------- */

static void close_folder(void *dir) {
  closedir(dir);
}

static const char *nearer(const char *name, const char *best, const char *found) {
  const char *pair[] = {found, best};
  return text_nearest(name, pair, best ? 2 : 1);
}

static const char *near_in_folder(struct arena *a, const char *path, const char *name, const char *best) {
  DIR *dir = opendir(path);
  if (!dir) return best;
  arena_register(a, close_folder, dir);
  for (const struct dirent *d; (d = readdir(dir));) {
    size_t n = strlen(d->d_name);
    if (n <= 4 || strcmp(d->d_name + n - 4, ".kin") != 0) continue;
    const char *near = nearer(name, best, arena_strndup(a, d->d_name, n - 4));
    if (near) best = near;
  }
  return best;
}

static void tell_unknown(struct interp *in, const struct ast *use, const struct folders *f) {
  const char *name = use->u.use.name, *best = NULL;
  for (int i = 0; i < f->n; i++) best = near_in_folder(in->scratch, f->path[i], name, best);
  diag_add(in->diags, in->script->source, use->span, DIAG_UNKNOWN_MODULE, name, best, DIAG_END);
}

/* ---- reading -------------------------------------------------------------------------------------------- */

enum { MODULE_MIB_MAX = 16 };

struct opened {
  int fd;
};

static void close_file(void *p) {
  struct opened *o = p;
  close(o->fd);
}

static bool read_all(int fd, char *text, size_t n) {
  for (size_t done = 0; done < n;) {
    ssize_t got = read(fd, text + done, n - done);
    if (got <= 0) return false;
    done += (size_t)got;
  }
  return true;
}

/* NULL after an error, which `why` then names. */
static char *read_text(struct arena *a, const char *file, size_t *n, const char **why) {
  struct opened *o = arena_make(a, struct opened);
  struct stat st;
  o->fd = open(file, O_RDONLY | O_CLOEXEC);
  *why = strerror(errno);
  if (o->fd < 0) return NULL;
  arena_register(a, close_file, o);
  if (fstat(o->fd, &st) != 0) return NULL;
  *why = "it is too large";
  if (st.st_size > (off_t)MODULE_MIB_MAX << 20) return NULL;
  *n = (size_t)st.st_size;
  char *text = arena_raw(a, *n + 1, char);
  text[*n] = '\0';
  *why = "it ends early";
  return read_all(o->fd, text, *n) ? text : NULL;
}

static struct module *find_read(const struct interp *in, const char *file, const char *text, size_t n) {
  for (struct module *m = in->modules; m; m = m->next)
    if (strcmp(m->file, file) == 0 && m->script->source->n == n && !memcmp(m->script->source->text, text, n))
      return m;
  return NULL;
}

static const char *folder_of(struct arena *a, const char *file) {
  const char *slash = strrchr(file, '/');
  return slash ? arena_strndup(a, file, (size_t)(slash - file)) : "";
}

/* NULL after an error of syntax; the messages have their places in its text, which then lasts as long as the run. */
static struct module *parse_module(struct interp *in, const char *shown, const char *file, const char *text,
                                   size_t n) {
  int before = in->diags->n_errors;
  struct script *s = parse_script(in->mem, in->diags, shown, folder_of(in->scratch, file), text, n);
  if (s) arena_hold(in->run, s->arena);
  if (!s || in->diags->n_errors > before) return NULL;
  struct module *m = arena_make(s->arena, struct module);
  *m = (struct module){.next = in->modules, .script = s, .file = arena_strdup(s->arena, file)};
  arena_retain(s->arena);
  return in->modules = m;
}

static void note_use(struct interp *in, const struct ast *use, const struct diag *before) {
  for (struct diag *d = before ? before->next : in->diags->first; d; d = d->next)
    diag_note(in->diags, d, in->script->source, use->span, "used here");
}

static struct module *read_module(struct interp *in, const struct ast *use) {
  struct folders f = folders_of(in);
  const struct diag *before = in->diags->last;
  const char *name = use->u.use.name, *file = find_file(in, &f, name), *why;
  size_t n;
  if (!file) {
    tell_unknown(in, use, &f);
    return NULL;
  }
  char *text = read_text(in->scratch, file, &n, &why);
  if (!text) {
    diag_add(in->diags, in->script->source, use->span, DIAG_MODULE_UNREADABLE, name, why, DIAG_END);
    return NULL;
  }
  struct module *m = find_read(in, file, text, n);
  if (!m) m = parse_module(in, name_of_file(in, &f, file, name), file, text, n);
  note_use(in, use, before);
  return m;
}

/* Once for each statement of a run. */
static struct module *module_of(struct interp *in, const struct ast *use) {
  for (const struct used *u = in->used; u; u = u->next)
    if (u->use == use) return u->module;
  struct used *u = arena_make(in->run, struct used);
  *u = (struct used){.next = in->used, .use = use, .module = read_module(in, use)};
  in->used = u;
  return u->module;
}

/* ---- for the checker ------------------------------------------------------------------------------------ */

const struct script *module_script(struct interp *in, const struct ast *use) {
  const struct module *m = module_of(in, use);
  return m ? m->script : NULL;
}

void module_enter(struct interp *in, const struct ast *use) {
  struct module *m = module_of(in, use);
  m->user = in->script;
  m->user_env = in->env;
  in->script = m->script;
  in->env = &m->env;
}

/* `use` is a statement of the user, whose script is not the current one. */
void module_leave(struct interp *in, const struct ast *use) {
  struct module *m = module_of(in, use);
  in->script = m->user;
  in->env = m->user_env;
}

/* ---- running -------------------------------------------------------------------------------------------- */

static bool run_statements(struct interp *in, struct module *m, const struct ast *use) {
  const struct diag *before = in->diags->last;
  struct value dropped;                  /* not NULL: messages wait for their note */
  struct lint_set allowed = in->allowed; /* what a module allows, it allows for itself */
  bool fine = true;
  module_enter(in, use);
  for (const struct ast *s = m->script->statements.first; s && fine; s = s->next)
    fine = exec_apart(in, s, &dropped);
  module_leave(in, use);
  in->allowed = allowed;
  note_use(in, use, before);
  return fine;
}

static void bring_names(struct interp *in, const struct module *m) {
  for (const struct ast *s = m->script->statements.first; s; s = s->next) {
    const struct ast *name = ast_name_made(s);
    const struct value *v = name ? env_get(&m->env, name->u.name.whole) : NULL;
    if (v) env_put(in->mem, in->env, name->u.name.whole, v);
  }
}

bool exec_use(struct interp *in, const struct ast *use) {
  struct module *m = module_of(in, use);
  if (!m) return false;
  if (!m->ran && !run_statements(in, m, use)) return false;
  m->ran = true;
  bring_names(in, m);
  return true;
}

void modules_free(struct interp *in) {
  for (struct module *m = in->modules; m; m = m->next) env_free(in->mem, &m->env);
  while (in->modules) {
    struct module *m = in->modules;
    in->modules = m->next;
    arena_release(m->script->arena);
  }
}
