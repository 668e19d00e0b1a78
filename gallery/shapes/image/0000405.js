deconvvizImage({"number":405,"units":[[4,9,2,0.94,[23,23,70,70],0.06313]],"file":"tiger 405","class":"tiger","rows":112,"columns":112,"before":404,"after":406});
