deconvvizImage({"number":127,"units":[[4,71,4,0.76,[29,45,80,96],0.01884]],"file":"mushroom 127","class":"mushroom","rows":112,"columns":112,"before":126,"after":129});
