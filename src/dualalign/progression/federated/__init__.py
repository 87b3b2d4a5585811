"""Train over sites that never show their data: weights leave a site, and sums that scale and calibrate.

How weights are averaged, masked, clipped and made noisy is Flower's, driven here in one process.
"""

from dualalign.progression.federated.options import FederatedOptions
from dualalign.progression.federated.privacy import epsilon
from dualalign.progression.federated.scales import pooled_scales
from dualalign.progression.federated.training import fit_federated

__all__ = ["FederatedOptions", "epsilon", "fit_federated", "pooled_scales"]
