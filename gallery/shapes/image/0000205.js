deconvvizImage({"number":205,"units":[[3,4,7,0.821,[38,14,87,63],0.07004]],"file":"bus 205","class":"bus","rows":112,"columns":112,"before":203,"after":206});
