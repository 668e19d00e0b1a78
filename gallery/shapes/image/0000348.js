deconvvizImage({"number":348,"units":[[1,17,5,0.794,[47,23,70,46],0.1617]],"file":"sign 348","class":"sign","rows":112,"columns":112,"before":346,"after":349});
