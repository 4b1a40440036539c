"""How fast this machine trains, against the plain equations and against the arithmetic that cannot be avoided."""

from bench.speed.forecast import Forecast, forecast
from bench.speed.listing import show
from bench.speed.measurement import Speed, measure

__all__ = ["Forecast", "Speed", "forecast", "measure", "show"]
