# lme4.R FILE FORMULA reml|ml TIMES: fits with lmer() and prints one line a fit: seconds of the call, criterion,
# evaluations of the optimizer, peak memory of the process (KiB).
suppressMessages(library(lme4))
arg <- commandArgs(trailingOnly = TRUE)
d <- read.csv(arg[1], stringsAsFactors = TRUE)
f <- as.formula(arg[2])
peak <- function() {
  line <- grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line))
}
for (i in seq_len(as.integer(arg[4]))) {
  start <- Sys.time()
  m <- suppressWarnings(suppressMessages(lmer(f, d, REML = arg[3] == "reml")))
  seconds <- as.numeric(difftime(Sys.time(), start, units = "secs"))
  cat(sprintf("%.6f %.15g %d %.0f\n", seconds, -2 * as.numeric(logLik(m)), m@optinfo$feval, peak()))
}
