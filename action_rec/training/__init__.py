"""The base of the LightningModules, callbacks, loggers and exact metrics of a training run."""
