"""Why an estimate can be believed, from the scores it is a mean of: balance, overlap, influence, sensitivity, concerns."""
