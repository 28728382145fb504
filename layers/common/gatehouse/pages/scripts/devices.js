// Sessions, one a device.
