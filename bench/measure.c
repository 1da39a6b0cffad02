/* measure.c: measure FILE COMMAND...: runs the command and writes its wall seconds and peak memory (KiB) to FILE. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int n, char **arg) {
  if (n < 3) return 2;
  double start = now();
  pid_t child = fork();
  if (child == 0) {
    execvp(arg[2], arg + 2);
    _exit(127);
  }
  int status = 0;
  struct rusage used;
  if (child < 0 || wait4(child, &status, 0, &used) < 0) return 1;
  double seconds = now() - start;
  FILE *f = fopen(arg[1], "w");
  if (!f) return 1;
  fprintf(f, "%.6f %ld\n", seconds, used.ru_maxrss);
  fclose(f);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
