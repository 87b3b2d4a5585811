"""Does the record run as a disease does? Symptoms that stay, scores that fit, stages that last."""
