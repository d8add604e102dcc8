"""The parts of the synthesizer: body, moves, actions, cameras, mess and the text of a recording.

Inside this package a person stands in the *stage frame*: x to the person's right, y up from the
floor, z backward, in metres. It is right-handed like the camera frame of a Kinect, so a person who
faces the camera needs no mirroring.
"""
