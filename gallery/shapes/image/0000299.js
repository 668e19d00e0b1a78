deconvvizImage({"number":299,"units":[[0,11,0,1.0,[73,55,80,62],0.3529]],"file":"ladybird 299","class":"ladybird","rows":112,"columns":112,"before":298,"after":300});
