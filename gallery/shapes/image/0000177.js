deconvvizImage({"number":177,"units":[[2,17,2,0.904,[35,35,74,74],0.05392]],"file":"bus 177","class":"bus","rows":112,"columns":112,"before":176,"after":178});
