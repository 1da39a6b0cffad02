/* kin.h: the public header of libkin.  The command, the prompt and the tests are its clients.
 *
 * Everything hangs from one `struct kin`; two can live in one process.  Functions never exit or abort on a
 * user's error; text goes to the sinks given in the options.
 */
#ifndef KIN_H
#define KIN_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kin;

/* Receives output; n bytes, not NUL-terminated. */
typedef void kin_sink(void *arg, const char *text, size_t n);

enum kin_dump {
  KIN_DUMP_NONE,
  KIN_DUMP_AST,
  KIN_DUMP_TYPED,
  KIN_DUMP_MODEL,
  KIN_DUMP_BLOCKS,
  KIN_DUMP_FITLOG
};

struct kin_options {
  kin_sink *out;  /* reports (standard output) */
  kin_sink *err;  /* diagnostics and times (standard error) */
  void *sink_arg; /* passed to both */
  int threads;    /* 0: all processors */
  int width;      /* columns of the terminal; 0: 80 */
  bool json;      /* machine-readable results, docs/results.md */
  bool colour;    /* of diagnostics and reports */
  bool times;     /* elapsed time of each fit to err */
  enum kin_dump dump;
};

enum kin_status { KIN_OK = 0, KIN_FAILED = 1, KIN_USAGE = 2, KIN_INTERNAL = 70 };

/* NULL when memory is gone. */
struct kin *kin_new(const struct kin_options *options);
void kin_free(struct kin *k);

/* Runs a whole script: parse, check, evaluate.  name is shown in messages; folder is what data paths are
 * relative to. */
enum kin_status kin_run(struct kin *k, const char *name, const char *folder, const char *text, size_t n);
/* Parse and check only. */
enum kin_status kin_check(struct kin *k, const char *name, const char *folder, const char *text, size_t n);
/* Canonical script to `out`. */
enum kin_status kin_format(struct kin *k, const char *name, const char *text, size_t n);
/* Does a text typed so far want another line? */
bool kin_incomplete(struct kin *k, const char *text, size_t n);
/* From a signal handler: unwinds to the end of the running statement; earlier values stay. */
void kin_interrupt(struct kin *k);
/* Tests: the n-th allocation from now on fails; 0 switches it off. Returns how many there were since the last
 * call. */
size_t kin_fail_allocation(struct kin *k, size_t n);

const char *kin_version(void);

#ifdef __cplusplus
}
#endif

#endif
