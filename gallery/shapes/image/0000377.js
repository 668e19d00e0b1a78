deconvvizImage({"number":377,"units":[[4,93,7,0.664,[24,40,69,85],0.03531]],"file":"tiger 377","class":"tiger","rows":112,"columns":112,"before":374,"after":380});
