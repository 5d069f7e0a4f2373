from keras_cmr.cli import main

main()
