#include "runtime/table/data_file.h"
#include "lang/base/text.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
  NEIGHBOURS_MAX = 4096, /* entries of a folder among which a near name is sought */
  SHOWN_MAX = 40,        /* bytes of a field in a message */
};

/* ---- near names ----------------------------------------------------------------------------------------- */

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static void close_folder(void *folder) {
  closedir(folder);
}

/* The entry of path's folder whose name is nearest to path's, as shown would have named it; NULL: none is near. */
static const char *near_file(struct arena *a, const char *path, const char *shown) {
  const char *name = last_part(path);
  DIR *folder = opendir(name == path ? "." : arena_strndup(a, path, (size_t)(name - path)));
  if (!folder) return NULL;
  arena_register(a, close_folder, folder);
  const char **entry = arena_raw(a, NEIGHBOURS_MAX, const char *);
  size_t n = 0;
  for (struct dirent *d; n < NEIGHBOURS_MAX && (d = readdir(folder));)
    if (d->d_name[0] != '.') entry[n++] = arena_strdup(a, d->d_name);
  const char *near = text_nearest(name, entry, n);
  return near ? arena_printf(a, "%.*s%s", (int)(last_part(shown) - shown), shown, near) : NULL;
}

/* ---- opening -------------------------------------------------------------------------------------------- */

static void close_stream(void *stream) {
  fclose(stream);
}

bool data_file_open(struct arena *a, struct diags *diags, const struct source *src, struct span span,
                    const char *path, const char *shown, struct data_file *file) {
  struct stat st;
  const char *why = NULL;
  if (stat(path, &st) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      diag_add(diags, src, span, DIAG_NO_FILE, shown, near_file(a, path, shown), DIAG_END);
      return false;
    }
    why = strerror(errno);
  } else if (S_ISDIR(st.st_mode)) {
    diag_add(diags, src, span, DIAG_FILE_IS_FOLDER, shown, DIAG_END);
    return false;
  } else if (!S_ISREG(st.st_mode)) {
    why = "it is a pipe or a device; save it as a file first";
  } else {
    file->size = (size_t)st.st_size;
    file->stream = fopen(path, "rb");
    if (!file->stream) why = strerror(errno);
  }
  if (why) {
    diag_add(diags, src, span, DIAG_FILE_UNREADABLE, shown, why, DIAG_END);
    return false;
  }
  arena_register(a, close_stream, file->stream);
  return true;
}

/* ---- fields in messages --------------------------------------------------------------------------------- */

const char *field_shown(struct arena *a, const char *s, size_t n) {
  size_t cut = n;
  if (n > SHOWN_MAX)
    for (cut = SHOWN_MAX; cut > 0 && ((unsigned char)s[cut] & 0xC0) == 0x80;) cut--;
  struct buf b;
  buf_init(&b, a);
  buf_putc(&b, '"');
  for (size_t i = 0; i < cut; i++) {
    if (s[i] == '"' || s[i] == '\\') buf_putc(&b, '\\');
    buf_putc(&b, (unsigned char)s[i] < ' ' || s[i] == '\x7f' ? ' ' : s[i]);
  }
  buf_put(&b, cut < n ? "...\"" : "\"");
  return b.text;
}
