"""`gatehouse doctor`: what a deployment lacks, in the order in which a new owner meets it. It changes nothing."""
