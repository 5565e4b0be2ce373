FROM ros:humble-ros-base-jammy
SHELL ["/bin/bash", "-c"]
ENV WS=/ws
WORKDIR ${WS}/src
COPY src .
WORKDIR ${WS}
RUN apt-get update && rosdep update && \
    source /opt/ros/humble/setup.bash && \
    rosdep install --from-paths src --ignore-src -y -r && \
    colcon build --symlink-install && \
    rm -rf /var/lib/apt/lists/*
RUN sed --in-place --expression \
      '$isource "$WS/install/setup.bash"' \
      /ros_entrypoint.sh
CMD ["ros2", "launch", "demo", "demo.launch.py"]
