deconvvizImage({"number":62,"units":[[3,71,8,0.765,[46,22,95,71],0.05539]],"file":"owl 62","class":"owl","rows":112,"columns":112,"before":61,"after":63});
