deconvvizImage({"number":346,"units":[[3,27,8,0.698,[65,25,108,68],0.0531]],"file":"castle 346","class":"castle","rows":112,"columns":112,"before":344,"after":348});
