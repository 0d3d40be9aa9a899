# cmake --install build/release --prefix DIR [--component COMPONENT]
#
#   runtime    bin/: order_service, activity_service, tally
#   protocols  share/tallystick/: the protos, tally.protoset (all of them with imports and comments), service_config.json
#   documents  share/doc/tallystick/: README, changelog, docs, licence

include(GNUInstallDirs)
install(TARGETS order_service activity_service tally RUNTIME COMPONENT runtime)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documents)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documents)
install(DIRECTORY protos/google protos/tally DESTINATION ${CMAKE_INSTALL_DATADIR}/tallystick/protos COMPONENT protocols
  FILES_MATCHING PATTERN *.proto)
install(FILES ${CMAKE_BINARY_DIR}/protos/tally.protoset protos/tally/service_config.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/tallystick COMPONENT protocols)
