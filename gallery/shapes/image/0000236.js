deconvvizImage({"number":236,"units":[[0,5,5,0.954,[63,29,70,36],0.004074]],"file":"sign 236","class":"sign","rows":112,"columns":112,"before":235,"after":237});
