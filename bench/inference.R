# inference.R WORKLOAD DATA: the same by R's packages; prints "program seconds" of the inference, the fit left out but for insteval.
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest)})
arguments <- commandArgs(TRUE)
d <- read.csv(arguments[2])
seconds <- function(expr) system.time(expr)[["elapsed"]]
tell <- function(program, s) cat(program, s, "\n")
if (arguments[1] == "kr-crossed") {
  f <- lme4::lmer(y ~ x + (1 + x | subject) + (1 + x | item), d)
  tell("pbkrtest", seconds({
    v <- vcovAdj(f)
    for (j in seq_along(fixef(f))) Lb_ddf(diag(length(fixef(f)))[j, ], vcov(f), v)
  }))
} else if (arguments[1] == "satterthwaite-insteval") {
  for (g in c("s", "d")) d[[g]] <- factor(d[[g]])
  tell("lmerTest", seconds(coef(summary(lmerTest::lmer(y ~ 1 + service + (1 | s) + (1 | d) + (1 | dept:service), d)))))
} else {
  f <- lme4::lmer(Reaction ~ Days + (1 + Days | Subject), d)
  tell("lme4", seconds(suppressMessages(confint(f, quiet = TRUE))))
}
