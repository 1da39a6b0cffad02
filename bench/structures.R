# structures.R: workloads with covariance structures, by nlme and, where it is there, glmmTMB.
# usage: structures.R NAME FILE; prints "program seconds criterion" a line.
suppressMessages(library(nlme))
arguments <- commandArgs(TRUE)
name <- arguments[1]
d <- read.csv(arguments[2])
report <- function(program, fit) {
  seconds <- system.time(f <- fit())["elapsed"]
  cat(program, seconds, sprintf("%.8f", -2 * as.numeric(logLik(f))), "\n")
}
tmb <- suppressWarnings(requireNamespace("glmmTMB", quietly = TRUE))
if (name == "apim") {
  d$role <- factor(d$role)
  d$number <- as.integer(d$role)
  report("nlme::gls", function() gls(y ~ 0 + role + role:x + role:px, d, correlation = corSymm(form = ~ number | couple),
                                     weights = varIdent(form = ~ 1 | role)))
} else if (name == "intercept-ar1") {
  report("nlme::lme", function() lme(y ~ x + t, d, random = ~ 1 | id, correlation = corAR1(form = ~ t | id)))
  d$f <- factor(d$t)
  d$id <- factor(d$id)
  if (tmb) suppressWarnings(report("glmmTMB", function() glmmTMB::glmmTMB(y ~ x + t + (1 | id) + ar1(0 + f | id), d,
                                                                          dispformula = ~ 0, REML = TRUE)))
}
