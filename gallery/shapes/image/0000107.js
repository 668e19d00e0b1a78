deconvvizImage({"number":107,"units":[[4,43,7,0.831,[27,19,82,74],0.04007]],"file":"clownfish 107","class":"clownfish","rows":112,"columns":112,"before":105,"after":109});
