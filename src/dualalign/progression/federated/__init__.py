"""Train over sites that never show their data: a Flower ServerApp and ClientApp, run by `flwr run`.

Weights leave a site, and sums that scale and calibrate. How weights are averaged, masked, clipped and made noisy is
Flower's. `examples/federated` holds the app.
"""

from dualalign.progression.federated.settings import FederatedSettings, epsilon

__all__ = ["FederatedSettings", "epsilon"]
