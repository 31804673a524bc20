"""The backtest, tested."""
