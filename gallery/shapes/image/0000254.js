deconvvizImage({"number":254,"units":[[1,27,1,0.892,[59,-5,82,18],0.2355]],"file":"flower 254","class":"flower","rows":112,"columns":112,"before":253,"after":256});
