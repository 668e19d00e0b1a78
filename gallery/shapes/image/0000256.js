deconvvizImage({"number":256,"units":[[4,59,8,0.776,[48,48,93,93],0.0579]],"file":"fish 256","class":"fish","rows":112,"columns":112,"before":254,"after":257});
