"""Statistics that several rooms need, each kept once; every function takes arrays and knows no file or label.

- `bootstrap`: `bootstrap_interval` of any statistic over independent units; `grouped_interval` the same over whole groups
  of rows; `group_weights` for statistics that are weighted sums, and `estimate`, `paired_difference` and `holm` of what
  they give.
- `folds`: `group_folds` deals whole groups out to folds, `rows_of_groups` lists the rows of each.
- `counts`: `count_by_group` counts hits and misses, from which precision, recall, F1, accuracy and Cohen's kappa follow.
- `ranking`: `roc_auc` of one sample; `resampled_roc_auc` and `resampled_average_precision` of many at once.
- `calibration`: `platt_scaling`, `temperature_scaling` and `isotonic_steps` fit probabilities; `calibration_scores`
  (Brier score, expected calibration error, slope) and `log_losses` judge them.
- `thresholds`: `rate_thresholds` and `best_f1_threshold` turn scores into decisions.
- `threads`: `one_thread` keeps the linear algebra of small loops within one thread.
"""
