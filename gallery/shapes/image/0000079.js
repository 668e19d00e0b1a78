deconvvizImage({"number":79,"units":[[2,18,6,0.891,[45,77,80,112],0.05665]],"file":"clownfish 79","class":"clownfish","rows":112,"columns":112,"before":77,"after":82});
