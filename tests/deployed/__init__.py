"""`make deploy STAGE=local`: the template deployed by the commands of `make deploy`, on an emulator of AWS."""
