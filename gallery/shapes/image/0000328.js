deconvvizImage({"number":328,"units":[[2,27,4,0.805,[27,35,66,74],0.08171],[2,16,5,0.794,[12,28,49,65],0.03524]],"file":"book 328","class":"book","rows":112,"columns":112,"before":327,"after":329});
