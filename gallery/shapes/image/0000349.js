deconvvizImage({"number":349,"units":[[4,9,5,0.88,[63,47,110,94],0.07482]],"file":"tiger 349","class":"tiger","rows":112,"columns":112,"before":348,"after":351});
