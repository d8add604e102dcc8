"""Procedural synthesis of recordings in the file format of NTU RGB+D.

Bodies are modelled in the *world frame*: x to the right of the person, y up from the floor, z
backward, in metres. It is right-handed like the camera frame of a Kinect, so that a person who
faces the camera is not mirrored.
"""
