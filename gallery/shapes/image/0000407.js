deconvvizImage({"number":407,"units":[[4,71,3,0.808,[45,29,96,80],0.02491]],"file":"mushroom 407","class":"mushroom","rows":112,"columns":112,"before":406,"after":416});
